import type { Transaction } from 'kysely'
import { runSql } from '../../postgres/open-database.ts'
import type { Database } from '../schema.ts'

export interface FinishedListing {
  /** Sessions that Seam listed. */
  listed: number
  /** Those among them that could not be used. */
  unusable: number
}

const SQL = `
update client_session_syncs set outcome = 'complete', error = null, failures = 0, finished_at = clock_timestamp(),
  succeeded_at = clock_timestamp(), listing_asked_at = $2, sessions_listed = $3, sessions_unusable = $4,
  sessions_unconfirmed = (
    select count(*) from client_sessions where workspace_id = $1 and deleted_at is null and unconfirmed_since is not null
  )
where workspace_id = $1
returning sessions_unconfirmed as unconfirmed`

/** Notes that a listing is stored. Returns how many sessions it left unconfirmed. The caller holds the lock (underClaim). */
export async function finishSessionListing(
  trx: Transaction<Database>,
  { workspaceId, askedAt }: { workspaceId: string; askedAt: string },
  { listed, unusable }: FinishedListing,
): Promise<{ unconfirmed: number }> {
  const [row] = await runSql<{ unconfirmed: number }>(trx, SQL, [workspaceId, askedAt, listed, unusable])
  return { unconfirmed: row?.unconfirmed ?? 0 }
}
