import type { Transaction } from 'kysely'
import type { IngestPath, UnusableEvent, UsableEvent } from '../domain/event.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { insertEvents } from '../store/events/insert-events.ts'
import { saveQuarantined, type Quarantined } from '../store/quarantine/save-quarantined.ts'
import type { Db } from '../store/database.ts'
import { type DeletedSession, saveDeletedSessions } from '../store/sessions/save-deleted-sessions.ts'
import { retryConflicts } from '../postgres/retry-conflicts.ts'
import type { Database } from '../store/schema.ts'
import { dedupeEvents } from './dedupe-events.ts'
import { findConflicts } from './find-conflicts.ts'
import { insertInParts } from './insert-in-parts.ts'
import { protectEvent, protectUnusable } from './protect-secrets.ts'
import { reduceRefusedEvents } from './reduce-refused-events.ts'

export type IngestItem = UsableEvent | UnusableEvent

export interface IngestResult {
  /** Events that were not stored before, each once. */
  inserted: { workspaceId: string; eventId: string }[]
  /** How many items of the batch went to quarantine. */
  quarantined: number
  /** The items as they are in quarantine now. The same body is kept once. */
  kept: Quarantined[]
}

/** Called with the items that went to quarantine, once they are durable. */
export type NoteQuarantined = (items: readonly Quarantined[], path: IngestPath) => void

/**
 * The only way an event gets into the store (I2): receiver, poller, backfill and audit all end in this file. When this returns, the whole
 * batch is durable; when it throws, nothing of it is. Its secrets are sealed or masked (I9).
 */
export async function ingestBatch(
  db: Db,
  items: readonly IngestItem[],
  path: IngestPath,
  secrets: Secrets,
): Promise<Omit<IngestResult, 'inserted'>> {
  const store = async (accepted: readonly IngestItem[]): Promise<Omit<IngestResult, 'inserted'>> => {
    // In the usual case one statement is its own transaction, which costs one round trip instead of four.
    const events = accepted.filter((item) => item.kind === 'event')
    if (events.length === accepted.length && !events.some(isSessionDeletion)) {
      const { once, again } = dedupeEvents(events)
      const protect = (event: UsableEvent) => protectEvent(event, secrets)
      const known = await insertEvents(db, once.map(protect), path)
      const conflicts = await findConflicts(db, [...known, ...again.map(protect)], secrets)
      return quarantine(db, conflicts, path, secrets)
    }
    return db.transaction().execute((trx) => ingestInTransaction(trx, accepted, path, secrets))
  }
  return reduceRefusedEvents(db, items, path, (accepted) => retryConflicts(() => store(accepted)))
}

/**
 * Does the same inside the caller's transaction, and also returns which events were new. The poller needs it because it moves coverage in
 * the transaction that stores the page (I4).
 */
export async function ingestInTransaction(
  trx: Transaction<Database>,
  items: readonly IngestItem[],
  path: IngestPath,
  secrets: Secrets,
): Promise<IngestResult> {
  const events = items.filter((item) => item.kind === 'event')
  const unusable = items.filter((item) => item.kind === 'unusable')
  const { once, again } = dedupeEvents(events)
  const { inserted, known } = await insertInParts(trx, once, path, secrets)
  await saveDeletedSessions(trx, deletedSessions(events, inserted))
  const differing = again.map((event) => protectEvent(event, secrets))
  const conflicts = await findConflicts(trx, [...known, ...differing], secrets)
  return { inserted, ...(await quarantine(trx, [...unusable, ...conflicts], path, secrets)) }
}

async function quarantine(
  db: Pick<Db, 'executeQuery'>,
  items: readonly UnusableEvent[],
  path: IngestPath,
  secrets: Secrets,
): Promise<Omit<IngestResult, 'inserted'>> {
  const rows = items.map((item) => protectUnusable(item, secrets))
  return { quarantined: items.length, kept: await saveQuarantined(db, rows, path) }
}

function isSessionDeletion({ eventType, isRefused, json }: UsableEvent): boolean {
  // A refused event has no columns, so its type is read from the text.
  const type = isRefused ? (JSON.parse(json) as { event_type: unknown }).event_type : eventType
  return type === 'client_session.deleted'
}

/**
 * The sessions that are deleted according to the new events; their tokens must stop working at once (I10). A known event does not count,
 * because the session may have come back since.
 */
function deletedSessions(
  events: readonly UsableEvent[],
  inserted: IngestResult['inserted'],
): DeletedSession[] {
  const isNew = new Set(inserted.map(({ workspaceId, eventId }) => `${workspaceId} ${eventId}`))
  return events.filter(isSessionDeletion).flatMap(({ workspaceId, eventId, json }) => {
    const { client_session_id: clientSessionId } = JSON.parse(json) as { client_session_id?: unknown }
    return typeof clientSessionId === 'string' && isNew.has(`${workspaceId} ${eventId}`)
      ? [{ workspaceId, clientSessionId }]
      : []
  })
}
