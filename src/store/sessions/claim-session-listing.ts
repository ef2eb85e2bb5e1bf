import { sql, type Transaction } from 'kysely'
import { CLOCK } from '../expressions.ts'
import { lockClientSessions } from './lock-client-sessions.ts'
import type { Db } from '../database.ts'
import { retryConflicts } from '../../postgres/retry-conflicts.ts'
import type { Database } from '../schema.ts'

/** A listing that is being stored. */
export interface SessionListingClaim {
  workspaceId: string
  /** When the listing was asked for, by the database's clock (readDatabaseClock); read before the request went out. */
  askedAt: string
}

/** This listing is not stored: another one is being stored now, or one that was asked for later has been stored. */
export class SupersededListingError extends Error {
  override readonly name = 'SupersededListingError'
}

/**
 * After this time without a stored part, a listing's process is taken for gone. A part takes 0.1 s. A time in the future was written
 * before the database's clock was set back, and counts as gone too.
 */
const STALLED_AFTER_SECONDS = 10
const IS_STALLED = sql<boolean>`client_session_syncs.part_stored_at is null
  or client_session_syncs.part_stored_at not between clock_timestamp() - make_interval(secs => ${sql.lit(STALLED_AFTER_SECONDS)}) and clock_timestamp()`

/**
 * Claims the storing of this listing, which takes several transactions. Throws SupersededListingError in two cases:
 *
 * - A listing that was asked for later was claimed: the sessions that were created in between would vanish.
 * - Another listing is being stored. It is let end, because replicas that broke off each other's listings would never end a long one
 *   (20,000 sessions, three replicas, a sync every 2 s: no listing ended in two minutes).
 */
export async function claimSessionListing(
  db: Db,
  { workspaceId, askedAt }: SessionListingClaim,
): Promise<void> {
  await retryConflicts(() =>
    db.transaction().execute(async (trx) => {
      await lockClientSessions(trx, [workspaceId])
      // Changes and returns no row when this listing must not be stored.
      const claimed = await trx
        .insertInto('client_session_syncs')
        .values({ workspace_id: workspaceId, claimed_at: askedAt, part_stored_at: CLOCK })
        .onConflict((conflict) =>
          conflict
            .column('workspace_id')
            .doUpdateSet({ claimed_at: askedAt, part_stored_at: CLOCK })
            .where((eb) =>
              eb.and([
                eb.or([
                  eb('client_session_syncs.claimed_at', 'is', null),
                  eb('client_session_syncs.claimed_at', '<', askedAt),
                  // From before the database's clock was set back; it would keep out all listings until the clock is there again.
                  eb('client_session_syncs.claimed_at', '>', CLOCK),
                ]),
                sql<boolean>`(${IS_STALLED})`,
              ]),
            ),
        )
        .returning('workspace_id')
        .execute()
      requireRow(claimed)
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
      const claimed = await trx
        .updateTable('client_session_syncs')
        .set({ part_stored_at: CLOCK })
        .where('workspace_id', '=', workspaceId)
        .where('claimed_at', '=', askedAt)
        .returning('workspace_id')
        .execute()
      requireRow(claimed)
      return work(trx)
    }),
  )
}

/** Lets another listing be stored at once after this one was broken off; without it, that waits until this one counts as gone. */
export async function releaseSessionListing(
  db: Db,
  { workspaceId, askedAt }: SessionListingClaim,
): Promise<void> {
  await db
    .updateTable('client_session_syncs')
    .set({ part_stored_at: null })
    .where('workspace_id', '=', workspaceId)
    .where('claimed_at', '=', askedAt)
    .execute()
}

function requireRow(rows: readonly unknown[]): void {
  if (rows.length === 0)
    throw new SupersededListingError('Another listing is being stored, or a newer one has been stored.')
}
