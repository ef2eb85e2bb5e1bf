import type { Transaction } from 'kysely'
import { type ListedSession, LISTING_COLUMNS } from './listed-session.ts'
import { runSql } from '../../postgres/open-database.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'
import type { Database } from '../schema.ts'

const NAMES = LISTING_COLUMNS.map(({ name }) => name)
const NAMES_SQL = rawSql(NAMES.join(', '))
const CAST_SQL = rawSql(LISTING_COLUMNS.map(({ name, type }) => `${name}::${type}`).join(', '))
const UPDATES_SQL = rawSql(
  NAMES.slice(1)
    .map((name) => `${name} = excluded.${name}`)
    .join(', '),
)

/**
 * Only a listing that was asked for after we heard of a deletion may bring the session back. An older listing saw the session before it
 * was deleted: Seam was asked, the session was deleted, its event came in, and only then was the answer stored. Postgres checks the
 * condition on the row as it is while its lock is held.
 */
function saveSql(workspaceId: string, askedAt: string, sessions: readonly ListedSession[]): Sql {
  const arrays = LISTING_COLUMNS.map(({ array, travels }) => sql`${array(sessions)}::${rawSql(travels)}[]`)
  return sql`
insert into client_sessions as c (workspace_id, ${NAMES_SQL}, synced_at)
select ${workspaceId}, ${CAST_SQL}, clock_timestamp()
from unnest(${joinSql(arrays, ', ')}) as listed (${NAMES_SQL})
on conflict (workspace_id, client_session_id) do update
set ${UPDATES_SQL}, synced_at = excluded.synced_at, deleted_at = null, unconfirmed_since = null
where c.deleted_at is null or c.deleted_at < ${askedAt}::timestamptz
returning 1`
}

/** Stores sessions as a listing shows them, each id once, and returns how many. The caller holds the lock (underClaim). */
export async function saveListedSessions(
  trx: Transaction<Database>,
  { workspaceId, askedAt }: { workspaceId: string; askedAt: string },
  sessions: readonly ListedSession[],
): Promise<number> {
  return (await runSql(trx, saveSql(workspaceId, askedAt, sessions))).length
}
