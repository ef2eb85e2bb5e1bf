import type { Db } from '../database.ts'
import type { KnownWorkspace } from './save-workspace.ts'

export async function listWorkspaces(db: Db): Promise<KnownWorkspace[]> {
  const rows = await db.selectFrom('workspaces').selectAll().execute()
  return rows.map((row) => ({
    configKey: row.config_key,
    workspaceId: row.workspace_id,
    name: row.name,
    learnedFrom: row.learned_from,
  }))
}
