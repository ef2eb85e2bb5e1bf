import type { Transaction } from 'kysely'
import type { IngestPath, UnusableEvent, UsableEvent } from '../domain/event.ts'
import { insertEvents } from '../store/insert-events.ts'
import { insertQuarantined } from '../store/insert-quarantined.ts'
import type { Db } from '../store/open-database.ts'
import type { Database } from '../store/schema.ts'
import { setAsideRefused } from './set-aside-refused.ts'

export type IngestItem = UsableEvent | UnusableEvent

export interface IngestResult {
  /** Events that were not stored before, each once. */
  inserted: { workspaceId: string; eventId: string }[]
  /** How many items of the batch went to quarantine. */
  quarantined: number
}

/**
 * The only way an event gets into the store (I2): receiver, poller, backfill and audit all end here. All of the batch is
 * durable when this returns, or none of it when it throws.
 */
export async function ingestBatch(
  db: Db,
  items: readonly IngestItem[],
  path: IngestPath,
): Promise<IngestResult> {
  return setAsideRefused(db, items, path, async (accepted) => {
    // The usual case: one statement is its own transaction, and costs one round trip instead of four.
    if (accepted.every((item) => item.kind === 'event')) {
      return { inserted: await insertEvents(db, accepted, path), quarantined: 0 }
    }
    return db.transaction().execute((trx) => ingestInTransaction(trx, accepted, path))
  })
}

/** The same inside the caller's transaction: the poller moves coverage in the transaction that stores the page (I4). */
export async function ingestInTransaction(
  trx: Transaction<Database>,
  items: readonly IngestItem[],
  path: IngestPath,
): Promise<IngestResult> {
  const unusable = items.filter((item) => item.kind === 'unusable')
  const inserted = await insertEvents(
    trx,
    items.filter((item) => item.kind === 'event'),
    path,
  )
  await insertQuarantined(trx, unusable, path)
  return { inserted, quarantined: unusable.length }
}
