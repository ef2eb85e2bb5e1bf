import type { Transaction } from 'kysely'
import { CLOCK } from '../expressions.ts'
import type { Database } from '../schema.ts'

export interface FinishedListing {
  /** Sessions that Seam listed. */
  listed: number
  /** Those among them that could not be used. */
  unusable: number
}

/** Notes that a listing is stored. Returns how many sessions it left unconfirmed. The caller holds the lock (underClaim). */
export async function finishSessionListing(
  trx: Transaction<Database>,
  { workspaceId, askedAt }: { workspaceId: string; askedAt: string },
  { listed, unusable }: FinishedListing,
): Promise<{ unconfirmed: number }> {
  const row = await trx
    .updateTable('client_session_syncs')
    .set((eb) => ({
      outcome: 'complete',
      error: null,
      failures: 0,
      finished_at: CLOCK,
      succeeded_at: CLOCK,
      listing_asked_at: askedAt,
      part_stored_at: null,
      sessions_listed: listed,
      sessions_unusable: unusable,
      sessions_unconfirmed: eb
        .selectFrom('client_sessions')
        .select((count) => count.fn.countAll<number>().as('count'))
        .where('workspace_id', '=', workspaceId)
        .where('deleted_at', 'is', null)
        .where('unconfirmed_since', 'is not', null),
    }))
    .where('workspace_id', '=', workspaceId)
    .returning('sessions_unconfirmed as unconfirmed')
    .executeTakeFirst()
  return { unconfirmed: row?.unconfirmed ?? 0 }
}
