import { isSameEvent } from '../domain/same-event.ts'
import type { UnusableEvent } from '../domain/event.ts'
import { unsealEvent } from '../secrets/event-secrets-box.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { EventRow } from '../store/events/event-insert-sql.ts'
import type { Db } from '../store/database.ts'
import { type DifferingEvent, readDifferingEvents } from '../store/events/read-differing-events.ts'

/**
 * Finds, among events whose ids were known, those that say something else than what is stored: a forgery, or a fault upstream. The first
 * event of an id stays (I3). Only the sender can tell which of the two is true, so the other goes to quarantine for a person to look at
 * (I11).
 */
export async function findConflicts(
  db: Pick<Db, 'executeQuery'>,
  known: readonly EventRow[],
  secrets: Secrets,
): Promise<UnusableEvent[]> {
  if (known.length === 0) return []
  const differing = await readDifferingEvents(db, known)
  return differing.filter((each) => !saysTheSame(each, secrets)).map(({ row }) => conflictOf(row))
}

/** Compares the events with their PINs where those can be opened, because two events may differ in nothing else; otherwise without. */
function saysTheSame({ row, storedBody, storedSecrets }: DifferingEvent, secrets: Secrets): boolean {
  const { workspaceId, eventId, json } = row.event
  const stored =
    storedSecrets === null ? null : unsealEvent(secrets, storedBody, storedSecrets, workspaceId, eventId)
  return stored === null ? isSameEvent(storedBody, row.body) : isSameEvent(stored, json)
}

function conflictOf({ event }: EventRow): UnusableEvent {
  return {
    kind: 'unusable',
    workspaceId: event.workspaceId,
    reason: 'conflicting_event',
    detail: `An event with the id ${event.eventId} and different content is already stored, and it stays.`,
    body: Buffer.from(event.json),
  }
}
