import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

const SQL = `
update workspaces set body = $2::json, name = coalesce($3, name)
where workspace_id = $1 and (body::text is distinct from ($2::json)::text or name is distinct from coalesce($3, name))`

/** Stores a known workspace's JSON text, from which the caller has dropped the publishable key. Writes nothing when nothing changed. */
export async function saveWorkspaceBody(
  db: Db,
  workspaceId: string,
  workspace: { body: string; name: string | null },
): Promise<void> {
  await runSql(db, SQL, [workspaceId, workspace.body, workspace.name])
}
