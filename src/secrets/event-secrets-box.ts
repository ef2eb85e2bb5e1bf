import { type MaskedEvent, type TakenSecret, putBackSecrets } from '../domain/event-secrets.ts'
import type { Keyring } from './keyring.ts'

/** Seals what was taken out of an event, for the row of that event: the same secrets of the same event give the same bytes. */
export function sealEventSecrets(
  keyring: Keyring,
  secrets: readonly TakenSecret[],
  workspaceId: string,
  eventId: string,
): Buffer {
  return keyring.sealRepeatably(JSON.stringify(secrets), contextOf(workspaceId, eventId))
}

/** The event with its secrets back in their places; null when no key opens them. */
export function unsealEvent(
  keyring: Keyring,
  body: string,
  sealed: Uint8Array,
  workspaceId: string,
  eventId: string,
): string | null {
  const text = keyring.open(sealed, contextOf(workspaceId, eventId))
  if (text === null) return null
  return putBackSecrets({ json: body, secrets: JSON.parse(text) as MaskedEvent['secrets'] })
}

function contextOf(workspaceId: string, eventId: string): string {
  return `event:${workspaceId}:${eventId}`
}
