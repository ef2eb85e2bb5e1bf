import type { Db } from '../database.ts'
import type { KnownWorkspace } from './save-workspace.ts'

export async function listWorkspaces(db: Db): Promise<KnownWorkspace[]> {
  return db
    .selectFrom('workspaces')
    .select(['config_key as configKey', 'workspace_id as workspaceId', 'name', 'learned_from as learnedFrom'])
    .execute()
}
