import { type Db, runSql } from './open-database.ts'

/** When coverage was last added to or trimmed, by the database's clock; null when there is none. */
export async function readCoverageUpdatedAt(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
): Promise<string | null> {
  const sql = 'select updated_at::text as "updatedAt" from coverage where workspace_id = $1'
  const [row] = await runSql<{ updatedAt: string }>(db, sql, [workspaceId])
  return row?.updatedAt ?? null
}
