import type { Transaction } from 'kysely'
import { lockClientSessions } from './lock-client-sessions.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'
import { retryConflicts } from '../../postgres/retry-conflicts.ts'
import type { Database } from '../schema.ts'

/** A listing that is being stored. */
export interface SessionListingClaim {
  workspaceId: string
  /** When the listing was asked for, by the database's clock (readDatabaseClock); read before the request went out. */
  askedAt: string
}

/** Another replica stores a listing that was asked for later, and which has all that this one could add. */
export class SupersededListingError extends Error {
  override readonly name = 'SupersededListingError'
}

/** Changes and returns no row when a listing that was asked for later has been claimed. */
const CLAIM_SQL = `
insert into client_session_syncs as s (workspace_id, claimed_at) values ($1, $2)
on conflict (workspace_id) do update set claimed_at = excluded.claimed_at
where s.claimed_at is null or s.claimed_at < excluded.claimed_at
returning 1`

const IS_CLAIMED_SQL = 'select 1 from client_session_syncs where workspace_id = $1 and claimed_at = $2'

/**
 * Claims the storing of this listing, which takes several transactions, and ends the storing of an older one. Throws
 * SupersededListingError when a newer listing was claimed, because sessions that were created in between would vanish.
 */
export async function claimSessionListing(
  db: Db,
  { workspaceId, askedAt }: SessionListingClaim,
): Promise<void> {
  await retryConflicts(() =>
    db.transaction().execute(async (trx) => {
      await lockClientSessions(trx, [workspaceId])
      requireRow(await runSql(trx, CLAIM_SQL, [workspaceId, askedAt]))
    }),
  )
}

/**
 * Runs one transaction of the storing of a listing, under the lock that keeps deletions out. A listing takes many short transactions
 * rather than a long one, because a deletion's event waits for the lock, and so does everything that was delivered with it.
 */
export async function underClaim<Result>(
  db: Db,
  { workspaceId, askedAt }: SessionListingClaim,
  work: (trx: Transaction<Database>) => Promise<Result>,
): Promise<Result> {
  return retryConflicts(() =>
    db.transaction().execute(async (trx) => {
      await lockClientSessions(trx, [workspaceId])
      requireRow(await runSql(trx, IS_CLAIMED_SQL, [workspaceId, askedAt]))
      return work(trx)
    }),
  )
}

function requireRow(rows: readonly unknown[]): void {
  if (rows.length === 0)
    throw new SupersededListingError('A newer listing is being stored or has been stored.')
}
