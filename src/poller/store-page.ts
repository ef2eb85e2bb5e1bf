import type { Micros } from '../domain/instant.ts'
import type { Interval } from '../domain/interval.ts'
import { type IngestItem, type IngestResult, ingestInTransaction } from '../ingest/ingest-batch.ts'
import { reduceRefusedEvents } from '../ingest/reduce-refused-events.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { addCoverage } from '../store/coverage/add-coverage.ts'
import type { Db } from '../store/database.ts'
import { retryConflicts } from '../postgres/retry-conflicts.ts'
import type { HeldLease } from './held-lease.ts'

/**
 * Stores a page's events and the ranges that they prove in one transaction, so coverage is never ahead of the stored events (I4). It checks
 * the lease first, so a poller that was asleep while another one took over cannot move coverage (I13). Returns the database's clock, too.
 */
export async function storePage(
  db: Db,
  held: HeldLease,
  items: readonly IngestItem[],
  proven: readonly Interval[],
  secrets: Secrets,
): Promise<IngestResult & { databaseNow: Micros }> {
  return reduceRefusedEvents(db, items, 'poll', (accepted) =>
    retryConflicts(() =>
      db.transaction().execute(async (trx) => {
        const databaseNow = await held.fence(trx)
        const result = await ingestInTransaction(trx, accepted, 'poll', secrets)
        await addCoverage(trx, held.lease.workspaceId, proven)
        return { ...result, databaseNow }
      }),
    ),
  )
}
