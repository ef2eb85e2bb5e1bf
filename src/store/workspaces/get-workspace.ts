import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

export interface StoredWorkspace {
  /** The workspace's JSON as Seam wrote it, without the publishable key; null when Seam was never asked. */
  body: string | null
  /** Seam's name for it, else that of its configuration entry. */
  name: string
}

const SQL = `select body, coalesce(name, config_key) as name from workspaces where workspace_id = $1`

export async function getWorkspace(db: Db, workspaceId: string): Promise<StoredWorkspace | null> {
  const [row] = await runSql<StoredWorkspace>(db, SQL, [workspaceId])
  return row ?? null
}
