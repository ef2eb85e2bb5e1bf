import type { Transaction } from 'kysely'
import { type ListedSession, LISTING_COLUMNS } from './listed-session.ts'
import { lockClientSessions } from './lock-client-sessions.ts'
import { runSql } from './open-database.ts'
import type { Database } from './schema.ts'

export interface SessionListing {
  workspaceId: string
  /** When the listing was asked for, by the database's clock (readDatabaseClock); read before the request went out. */
  askedAt: string
  /** All sessions of the workspace, each id once. */
  sessions: readonly ListedSession[]
}

export interface StoredListing {
  /** False when a newer listing, another replica's, was stored before; then nothing was changed. */
  isNewest: boolean
  /** Sessions that were new, changed, or back. */
  stored: number
  /** Sessions that the listing no longer had. */
  vanished: number
}

/** json has no equality; two seals of one token differ, but begin alike (format and key id) while the key is the same. */
const COMPARED = [
  ...LISTING_COLUMNS.filter(({ name }) => name !== 'body' && name !== 'token_sealed').map(
    ({ name }) =>
      (row: string) =>
        `${row}.${name}`,
  ),
  (row: string) => `${row}.body::text`,
  (row: string) => `substring(${row}.token_sealed from 1 for 5)`,
]
const comparedOf = (row: string): string => `(${COMPARED.map((part) => part(row)).join(', ')})`
const NAMES = LISTING_COLUMNS.map(({ name }) => name)

/**
 * Rows that are as listed are not written again: 10,000 unchanged sessions every five minutes would be all of the database's
 * work.
 *
 * Only a listing that was asked for after a deletion was heard of may bring the session back. An older one saw the
 * session before it was deleted: Seam was asked, the session was deleted, its event came in, and only then was the
 * answer stored. The condition is checked on the row as it is when its lock is held.
 */
const STORE_SQL = `
with listed as (
  select ${LISTING_COLUMNS.map(({ name, type }) => `${name}::${type}`).join(', ')}
  from unnest(${LISTING_COLUMNS.map(({ travels }, i) => `$${i + 3}::${travels}[]`).join(', ')}) as given (${NAMES.join(', ')})
)
insert into client_sessions as c (workspace_id, ${NAMES.join(', ')}, synced_at)
select $1, ${NAMES.map((name) => `listed.${name}`).join(', ')}, clock_timestamp()
from listed left join client_sessions old on old.workspace_id = $1 and old.client_session_id = listed.client_session_id
where old.client_session_id is null or old.deleted_at is not null
  or ${comparedOf('old')} is distinct from ${comparedOf('listed')}
on conflict (workspace_id, client_session_id) do update
set ${NAMES.slice(1)
  .map((name) => `${name} = excluded.${name}`)
  .join(', ')}, synced_at = excluded.synced_at, deleted_at = null
where c.deleted_at is null or c.deleted_at < $2::timestamptz
returning 1`

/** The deletion's time is the listing's: a listing that was asked for a moment later may bring the session back. */
const VANISHED_SQL = `
update client_sessions c set deleted_at = $2, token_sha256 = null, token_sealed = null
where workspace_id = $1 and deleted_at is null
  and not exists (select from unnest($3::text[]) as listed (id) where listed.id = c.client_session_id)
returning 1`

/** Does nothing, and returns nothing, when a listing that was asked for later is there. */
const SUCCESS_SQL = `
insert into client_session_syncs as s
  (workspace_id, outcome, failures, finished_at, succeeded_at, listing_asked_at, sessions_listed)
values ($1, 'complete', 0, clock_timestamp(), clock_timestamp(), $2, $3)
on conflict (workspace_id) do update
set outcome = excluded.outcome, error = null, failures = 0, finished_at = excluded.finished_at,
  succeeded_at = excluded.succeeded_at, listing_asked_at = excluded.listing_asked_at, sessions_listed = excluded.sessions_listed
where s.listing_asked_at is null or s.listing_asked_at < excluded.listing_asked_at
returning 1`

/**
 * Makes the copy equal to a complete listing: new and changed sessions are stored, those that came back are back, those that
 * are not in it are marked deleted; and the success is noted. All or nothing, so it takes the caller's transaction. A
 * listing that is older than the stored one is not used: sessions made in between would vanish.
 */
export async function storeSessionListing(
  trx: Transaction<Database>,
  { workspaceId, askedAt, sessions }: SessionListing,
): Promise<StoredListing> {
  await lockClientSessions(trx, [workspaceId])
  const newest = await runSql(trx, SUCCESS_SQL, [workspaceId, askedAt, sessions.length])
  if (newest.length === 0) return { isNewest: false, stored: 0, vanished: 0 }
  const arrays = LISTING_COLUMNS.map(({ value }) => sessions.map(value))
  const stored = await runSql(trx, STORE_SQL, [workspaceId, askedAt, ...arrays])
  const ids = sessions.map(({ clientSessionId }) => clientSessionId)
  const vanished = await runSql(trx, VANISHED_SQL, [workspaceId, askedAt, ids])
  return { isNewest: true, stored: stored.length, vanished: vanished.length }
}
