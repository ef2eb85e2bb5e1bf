import type { Transaction } from 'kysely'
import type { IngestPath, UsableEvent } from '../domain/event.ts'
import { MASK, takeOutSecrets } from '../domain/event-secrets.ts'
import { ingestInTransaction } from '../ingest/ingest-batch.ts'
import { reduceRefusedEvents } from '../ingest/reduce-refused-events.ts'
import { maskingSecrets } from '../secrets/masking-secrets.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { deleteQuarantined } from '../store/quarantine/delete-quarantined.ts'
import { saveQuarantineReason } from '../store/quarantine/save-quarantine-reason.ts'
import { type QuarantinedItem, getQuarantined } from '../store/quarantine/get-quarantined.ts'
import type { Db } from '../store/database.ts'
import type { Database } from '../store/schema.ts'
import { openBody } from './open-body.ts'
import { parseAgain } from './parse-again.ts'
import type { RetryOutcome } from './retry-outcome.ts'
import { retrySession } from './retry-session.ts'

/**
 * Tries a quarantined item once more. The item is parsed by today's rules and ingested by its own path, as if it had just arrived (I2). So
 * its sighting and its place in the order of arrival are those of the retry. See parseAgain for `asWorkspaceId`.
 *
 * Each item has a transaction of its own, which stores the event and removes the item. When it fails, the item stays in quarantine, and
 * items that were retried before are not affected (I11).
 */
export async function retryItem(
  db: Db,
  secrets: Secrets,
  id: string,
  asWorkspaceId: string | null = null,
): Promise<RetryOutcome> {
  // No lock is needed: an item's body never changes, and removing the item shows whether it is still there.
  const row = await getQuarantined(db, id)
  if (row === null) return { kind: 'unknown' }
  const body = openBody(row, secrets)
  if (body.kind === 'closed') return { kind: 'stays', reason: row.reason, detail: body.detail }
  const { path } = row
  if (path === 'sessions') return retrySession(db, row, body.bytes)
  const parsed = parseAgain(body.bytes, row.workspaceId, asWorkspaceId)
  try {
    return await reduceRefusedEvents(db, [parsed], path, ([item = parsed]) =>
      db
        .transaction()
        .execute((trx) =>
          item.kind === 'event' ? storeEvent(trx, row, path, item, secrets) : saveReason(trx, row, item),
        ),
    )
  } catch (error) {
    if (error instanceof GoneError) return { kind: 'unknown' }
    if (!(error instanceof ConflictError)) throw error
    const why = { reason: 'conflicting_event', detail: error.message }
    return await db.transaction().execute((trx) => saveReason(trx, row, why))
  }
}

/** An event with the item's id is stored with different content, so removing the item would lose its content (I11). */
class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/** Somebody else has retried or discarded the item meanwhile, so this transaction must be rolled back. */
class GoneError extends Error {
  override readonly name = 'GoneError'
}

/**
 * Stores the event and then removes the item, in the same order as every transaction of ingest. In the other order, this transaction and
 * a poller that has the same event in a page could wait for each other.
 */
async function storeEvent(
  trx: Transaction<Database>,
  row: QuarantinedItem,
  path: IngestPath,
  event: UsableEvent,
  secrets: Secrets,
): Promise<RetryOutcome> {
  const { inserted, kept } = await ingestInTransaction(
    trx,
    [event],
    path,
    hasUnmaskedSecrets(event) ? secrets : maskingSecrets(),
  )
  if (kept[0] !== undefined) throw new ConflictError(kept[0].detail)
  const removed = await deleteQuarantined(trx, [row.id])
  if (removed.length === 0) throw new GoneError(`Item ${row.id} is gone.`)
  const { workspaceId, eventId, eventType } = event
  return { kind: 'stored', workspaceId, eventId, eventType, isNew: inserted.length > 0 }
}

async function saveReason(
  trx: Transaction<Database>,
  row: QuarantinedItem,
  { reason, detail }: Pick<QuarantinedItem, 'reason' | 'detail'>,
): Promise<RetryOutcome> {
  const isThere = await saveQuarantineReason(trx, row.id, { reason, detail })
  return isThere ? { kind: 'stays', reason, detail } : { kind: 'unknown' }
}

/** False for a body that was kept without its PINs: it has only masks in their places, and sealing masks would be pointless. */
function hasUnmaskedSecrets(event: UsableEvent): boolean {
  return takeOutSecrets(event.json).secrets.some(({ text }) => text !== MASK)
}
