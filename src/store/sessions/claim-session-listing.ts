import type { Transaction } from 'kysely'
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

/** Another replica stores a listing that was asked for later, and which has all that this one could add. */
export class SupersededListingError extends Error {
  override readonly name = 'SupersededListingError'
}

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
      // Changes and returns no row when a listing that was asked for later has been claimed.
      const claimed = await trx
        .insertInto('client_session_syncs')
        .values({ workspace_id: workspaceId, claimed_at: askedAt })
        .onConflict((conflict) =>
          conflict
            .column('workspace_id')
            .doUpdateSet({ claimed_at: askedAt })
            .where((eb) =>
              eb.or([
                eb('client_session_syncs.claimed_at', 'is', null),
                eb('client_session_syncs.claimed_at', '<', askedAt),
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
        .selectFrom('client_session_syncs')
        .select('workspace_id')
        .where('workspace_id', '=', workspaceId)
        .where('claimed_at', '=', askedAt)
        .execute()
      requireRow(claimed)
      return work(trx)
    }),
  )
}

function requireRow(rows: readonly unknown[]): void {
  if (rows.length === 0)
    throw new SupersededListingError('A newer listing is being stored or has been stored.')
}
