import { isSameEvent } from '../domain/same-event.ts'
import type { UnusableEvent } from '../domain/event.ts'
import { unsealEvent } from '../secrets/event-secrets-box.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { EventRow } from '../store/events/event-insert-sql.ts'
import type { Db } from '../store/database.ts'
import { type DifferingEvent, readDifferingEvents } from '../store/events/read-differing-events.ts'

/**
 * Among events whose ids were known, those that say something else than what is stored. The first of an id stays (I3), and nobody but the
 * sender can tell which of two is true: a forgery, or a fault upstream. So the other is kept in quarantine, to be looked at (I11).
 */
export async function findConflicts(
  db: Pick<Db, 'executeQuery'>,
  known: readonly EventRow[],
  keyring: Keyring | null,
): Promise<UnusableEvent[]> {
  if (known.length === 0) return []
  const differing = await readDifferingEvents(db, known)
  return differing.filter((each) => !saysTheSame(each, keyring)).map(({ row }) => conflictOf(row))
}

/** With its PINs where they can be opened, so that two events that differ in nothing else are told apart; else without. */
function saysTheSame({ row, storedBody, storedSecrets }: DifferingEvent, keyring: Keyring | null): boolean {
  const { workspaceId, eventId, json } = row.event
  const stored =
    keyring === null || storedSecrets === null
      ? null
      : unsealEvent(keyring, storedBody, storedSecrets, workspaceId, eventId)
  return stored === null ? isSameEvent(storedBody, row.body) : isSameEvent(stored, json)
}

function conflictOf({ event }: EventRow): UnusableEvent {
  return {
    kind: 'unusable',
    workspaceId: event.workspaceId,
    reason: 'conflicting_event',
    detail: `An event with the id ${event.eventId} and another content is stored, and stays.`,
    body: Buffer.from(event.json),
  }
}
