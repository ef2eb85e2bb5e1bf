import { type Caller, hasScope } from '../domain/caller.ts'
import { parseInstant } from '../domain/instant.ts'
import { unsealEvent } from '../secrets/event-secrets-box.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { StoredEvent } from '../store/list-events.ts'

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
  return ({ body, sealedSecrets }) => {
    if (sealedSecrets === null) return body
    const { eventId } = positionOf(body)
    return unsealEvent(keyring, body, sealedSecrets, caller.workspaceId, eventId) ?? body
  }
}

/** An event's place in the list's order, out of its text: ingest has filled the row's columns from the same fields. */
export function positionOf(body: string): { createdAt: bigint; eventId: string } {
  const event = JSON.parse(body) as { event_id: string; created_at: string }
  const createdAt = parseInstant(event.created_at)
  if (createdAt === null) throw new Error('A stored event has an unreadable created_at.')
  return { createdAt, eventId: event.event_id.toLowerCase() }
}
