import type { Interval } from '../domain/interval.ts'
import { type IngestItem, type IngestResult, ingestInTransaction } from '../ingest/ingest-batch.ts'
import { setAsideRefused } from '../ingest/set-aside-refused.ts'
import type { Keyring } from '../secrets/keyring.ts'
import { addCoverage } from '../store/add-coverage.ts'
import type { Db } from '../store/open-database.ts'

/**
 * Stores a page's events and the ranges they prove, in one transaction: coverage is never ahead of the events, whatever
 * happens between two statements (I4).
 */
export async function storePage(
  db: Db,
  workspaceId: string,
  items: readonly IngestItem[],
  proven: readonly Interval[],
  keyring: Keyring | null,
): Promise<IngestResult> {
  return setAsideRefused(db, items, 'poll', (accepted) =>
    db.transaction().execute(async (trx) => {
      const result = await ingestInTransaction(trx, accepted, 'poll', keyring)
      await addCoverage(trx, workspaceId, proven)
      return result
    }),
  )
}
