import type { Transaction } from 'kysely'
import type { IngestPath, UnusableEvent, UsableEvent } from '../domain/event.ts'
import type { Keyring } from '../secrets/keyring.ts'
import { insertEvents, insertEventsReturningNew } from '../store/events/insert-events.ts'
import { insertQuarantined, type Quarantined } from '../store/quarantine/insert-quarantined.ts'
import type { Db } from '../store/database.ts'
import { type DeletedSession, markSessionsDeleted } from '../store/sessions/mark-sessions-deleted.ts'
import { retryConflicts } from '../postgres/retry-conflicts.ts'
import type { Database } from '../store/schema.ts'
import { findConflicts } from './find-conflicts.ts'
import { protectEvent, protectUnusable } from './protect-secrets.ts'
import { reduceRefusedEvents } from './reduce-refused-events.ts'

export type IngestItem = UsableEvent | UnusableEvent

export interface IngestResult {
  /** Events that were not stored before, each once. */
  inserted: { workspaceId: string; eventId: string }[]
  /** How many items of the batch went to quarantine. */
  quarantined: number
  /** What they are there: the same body is kept once. */
  kept: Quarantined[]
}

/** Told of what has gone to quarantine, when it is durable. */
export type NoteQuarantined = (items: readonly Quarantined[], path: IngestPath) => void

/**
 * The only way an event gets into the store (I2): receiver, poller, backfill and audit all end in this file. All of the batch is
 * durable when this returns, or none of it when it throws. Without a keyring its secrets are masked and not kept (I9).
 */
export async function ingestBatch(
  db: Db,
  items: readonly IngestItem[],
  path: IngestPath,
  keyring: Keyring | null = null,
): Promise<Omit<IngestResult, 'inserted'>> {
  const store = async (accepted: readonly IngestItem[]): Promise<Omit<IngestResult, 'inserted'>> => {
    // The usual case: one statement is its own transaction, and costs one round trip instead of four.
    const events = accepted.filter((item) => item.kind === 'event')
    if (events.length === accepted.length && !events.some(isSessionDeletion)) {
      const known = await insertEvents(db, events, (event) => protectEvent(event, keyring), path)
      return quarantine(db, await findConflicts(db, known, keyring), path, keyring)
    }
    return db.transaction().execute((trx) => ingestInTransaction(trx, accepted, path, keyring))
  }
  return reduceRefusedEvents(db, items, path, (accepted) => retryConflicts(() => store(accepted)))
}

/**
 * The same inside the caller's transaction, and it says what was new: the poller moves coverage in the transaction that stores the
 * page (I4).
 */
export async function ingestInTransaction(
  trx: Transaction<Database>,
  items: readonly IngestItem[],
  path: IngestPath,
  keyring: Keyring | null = null,
): Promise<IngestResult> {
  const events = items.filter((item) => item.kind === 'event')
  const unusable = items.filter((item) => item.kind === 'unusable')
  const toRow = (event: UsableEvent) => protectEvent(event, keyring)
  const { inserted, known } = await insertEventsReturningNew(trx, events, toRow, path)
  await markSessionsDeleted(trx, deletedSessions(events, inserted))
  const conflicts = await findConflicts(trx, known, keyring)
  return { inserted, ...(await quarantine(trx, [...unusable, ...conflicts], path, keyring)) }
}

async function quarantine(
  db: Pick<Db, 'executeQuery'>,
  items: readonly UnusableEvent[],
  path: IngestPath,
  keyring: Keyring | null,
): Promise<Omit<IngestResult, 'inserted'>> {
  const rows = items.map((item) => protectUnusable(item, keyring))
  return { quarantined: items.length, kept: await insertQuarantined(db, rows, path) }
}

function isSessionDeletion({ eventType, isRefused, json }: UsableEvent): boolean {
  // An event that was refused has no columns.
  const type = isRefused ? (JSON.parse(json) as { event_type: unknown }).event_type : eventType
  return type === 'client_session.deleted'
}

/**
 * The sessions that the new ones among the events say are deleted: their tokens must stop working at once (I10). An event that
 * was there before says nothing new; the session may have come back since.
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
