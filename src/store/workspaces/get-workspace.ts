import type { Db } from '../database.ts'

export interface StoredWorkspace {
  /** The workspace's JSON as Seam wrote it, without the publishable key; null when Seam was never asked. */
  body: string | null
  /** Seam's name for it, else that of its configuration entry. */
  name: string
}

export async function getWorkspace(db: Db, workspaceId: string): Promise<StoredWorkspace | null> {
  const row = await db
    .selectFrom('workspaces')
    .select((eb) => ['body', eb.fn.coalesce('name', 'config_key').as('name')])
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirst()
  return row ?? null
}
