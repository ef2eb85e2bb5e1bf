import type { Db } from '../database.ts'
import type { RememberedWorkspace } from './remember-workspace.ts'

export async function readWorkspaces(db: Db): Promise<RememberedWorkspace[]> {
  const rows = await db.selectFrom('workspaces').selectAll().execute()
  return rows.map((row) => ({
    configKey: row.config_key,
    workspaceId: row.workspace_id,
    name: row.name,
    learnedFrom: row.learned_from,
  }))
}
