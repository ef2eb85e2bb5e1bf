import { BYTEA, binaryArray, TEXT } from '../../postgres/binary-array.ts'
import { runSql } from '../../postgres/open-database.ts'
import { type Sql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/**
 * Looks up one primary key for each session, and sends no session's text. In a workspace of 200,000 sessions of which few change, this is
 * nearly all of a sync's work for the database.
 */
const changedSql = (workspaceId: string, ids: Buffer, digests: Buffer): Sql => sql`
select n::int as n from unnest(${ids}::text[], ${digests}::bytea[]) with ordinality as listed (id, digest, n)
where not exists (
  select from client_sessions c
  where c.workspace_id = ${workspaceId} and c.client_session_id = listed.id and c.listed_digest = listed.digest
    and c.deleted_at is null and c.unconfirmed_since is null
)
order by n`

/** The places in the arrays of the listed sessions whose row is missing or differs from the listing. */
export async function listChangedSessions(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
  digests: readonly Buffer[],
): Promise<number[]> {
  const statement = changedSql(workspaceId, binaryArray(TEXT, ids), binaryArray(BYTEA, digests))
  const rows = await runSql<{ n: number }>(db, statement)
  return rows.map(({ n }) => n - 1)
}
