import { type Caller, hasScope } from '../../domain/caller.ts'
import { parseInstant } from '../../domain/instant.ts'
import { isUuid } from '../../domain/uuid.ts'
import { unsealEvent } from '../../secrets/event-secrets-box.ts'
import type { Keyring } from '../../secrets/keyring.ts'
import type { StoredEvent } from '../../store/events/list-events.ts'
import type { EventPosition } from '../../store/events/read-event-position.ts'

/** Whether a caller is shown PINs: it must have the scope by name, and there must be a key that opens them. */
export function seesSecrets(caller: Caller, keyring: Keyring | null): keyring is Keyring {
  return keyring !== null && hasScope(caller, 'secrets:read')
}

/**
 * How a caller gets to see an event: with its PINs for a key with `secrets:read`, with masks for everybody else, and for
 * secrets that no key opens.
 */
export function eventTextFor(caller: Caller, keyring: Keyring | null): (event: StoredEvent) => string {
  if (!seesSecrets(caller, keyring)) return ({ body }) => body
  return ({ body, sealedSecrets, eventId }) => {
    if (sealedSecrets === null) return body
    return unsealEvent(keyring, body, sealedSecrets, caller.workspaceId, eventId) ?? body
  }
}

/**
 * An event's place in the list's order, out of its text: ingest has filled the row's columns from the same fields. Null for a text that
 * does not say it: somebody has changed the row.
 */
export function positionOf(body: string): EventPosition | null {
  const { event_id: eventId, created_at: createdAt } = JSON.parse(body) as Record<string, unknown>
  const instant = typeof createdAt === 'string' ? parseInstant(createdAt) : null
  return instant === null || !isUuid(eventId) ? null : { createdAt: instant, eventId: eventId.toLowerCase() }
}
