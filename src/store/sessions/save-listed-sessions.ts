import type { Transaction } from 'kysely'
import { type ListedSession, LISTING_COLUMNS } from './listed-session.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Database } from '../schema.ts'

const NAMES = LISTING_COLUMNS.map(({ name }) => name)

/**
 * Only a listing that was asked for after we heard of a deletion may bring the session back. An older listing saw the session before it
 * was deleted: Seam was asked, the session was deleted, its event came in, and only then was the answer stored. Postgres checks the
 * condition on the row as it is while its lock is held.
 */
const SQL = `
insert into client_sessions as c (workspace_id, ${NAMES.join(', ')}, synced_at)
select $1, ${LISTING_COLUMNS.map(({ name, type }) => `${name}::${type}`).join(', ')}, clock_timestamp()
from unnest(${LISTING_COLUMNS.map(({ travels }, i) => `$${i + 3}::${travels}[]`).join(', ')}) as listed (${NAMES.join(', ')})
on conflict (workspace_id, client_session_id) do update
set ${NAMES.slice(1)
  .map((name) => `${name} = excluded.${name}`)
  .join(', ')}, synced_at = excluded.synced_at, deleted_at = null, unconfirmed_since = null
where c.deleted_at is null or c.deleted_at < $2::timestamptz
returning 1`

/** Stores sessions as a listing shows them, each id once, and returns how many. The caller holds the lock (underClaim). */
export async function saveListedSessions(
  trx: Transaction<Database>,
  { workspaceId, askedAt }: { workspaceId: string; askedAt: string },
  sessions: readonly ListedSession[],
): Promise<number> {
  const arrays = LISTING_COLUMNS.map(({ array }) => array(sessions))
  return (await runSql(trx, SQL, [workspaceId, askedAt, ...arrays])).length
}
