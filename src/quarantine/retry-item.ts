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
import { retrySession } from './retry-session.ts'

export type RetryOutcome =
  /** It is an event now, and out of quarantine. `isNew` is false when an event of its id was stored before. */
  | { kind: 'stored'; workspaceId: string; eventId: string; eventType: string | null; isNew: boolean }
  /** It was listed as a client session and is usable now; out of quarantine, and the next sync brings it if Seam still lists it. */
  | { kind: 'superseded' }
  /** It is in quarantine as before, with today's reason. */
  | { kind: 'stays'; reason: string; detail: string }
  /** There is no such item (any more). */
  | { kind: 'unknown' }

/**
 * Tries a quarantined item once more: it is parsed with today's rules and ingested by its own path, as if it had just arrived (I2),
 * so its sighting and its place in the order of arrival are of now. See parseAgain for `as`.
 *
 * One transaction for one item stores the event and removes the item: whatever fails in between, it is in quarantine as before,
 * and one that fails doesn't undo those that were retried before it (I11).
 */
export async function retryItem(
  db: Db,
  secrets: Secrets,
  id: string,
  as: string | null = null,
): Promise<RetryOutcome> {
  // Read without a lock: the body of an item never changes, and whether it is still there shows when it is removed.
  const row = await getQuarantined(db, id)
  if (row === null) return { kind: 'unknown' }
  const body = openBody(row, secrets)
  if (body.kind === 'closed') return { kind: 'stays', reason: row.reason, detail: body.detail }
  const { path } = row
  if (path === 'sessions') return retrySession(db, row, body.bytes)
  const parsed = parseAgain(body.bytes, row.workspaceId, as)
  try {
    return await reduceRefusedEvents(db, [parsed], path, ([item = parsed]) =>
      db
        .transaction()
        .execute((trx) =>
          item.kind === 'event' ? store(trx, row, path, item, secrets) : keep(trx, row, item),
        ),
    )
  } catch (error) {
    if (error instanceof GoneError) return { kind: 'unknown' }
    if (!(error instanceof ConflictError)) throw error
    const why = { reason: 'conflicting_event', detail: error.message }
    return await db.transaction().execute((trx) => keep(trx, row, why))
  }
}

/** An event of the item's id is stored with another content: removing the item would lose what it says (I11). */
class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/** Somebody else has retried or discarded the item meanwhile: what this transaction did is to be undone. */
class GoneError extends Error {
  override readonly name = 'GoneError'
}

/**
 * The event first and the quarantine after it, like every transaction of ingest: the other way round, the poller that meets the same
 * item in a page could wait for us while we wait for it.
 */
async function store(
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
    holdsSecrets(event) ? secrets : maskingSecrets(),
  )
  if (kept[0] !== undefined) throw new ConflictError(kept[0].detail)
  const removed = await deleteQuarantined(trx, [row.id])
  if (removed.length === 0) throw new GoneError(`Item ${row.id} is gone.`)
  const { workspaceId, eventId, eventType } = event
  return { kind: 'stored', workspaceId, eventId, eventType, isNew: inserted.length > 0 }
}

async function keep(
  trx: Transaction<Database>,
  row: QuarantinedItem,
  { reason, detail }: Pick<QuarantinedItem, 'reason' | 'detail'>,
): Promise<RetryOutcome> {
  const isThere = await saveQuarantineReason(trx, row.id, { reason, detail })
  return isThere ? { kind: 'stays', reason, detail } : { kind: 'unknown' }
}

/** A body that was kept without its PINs has masks in their places. Sealing those would pretend that there is something to unseal. */
function holdsSecrets(event: UsableEvent): boolean {
  return takeOutSecrets(event.json).secrets.some(({ text }) => text !== MASK)
}
