import { type MaskedEvent, type TakenSecret, putBackSecrets } from '../domain/event-secrets.ts'
import type { Secrets } from './secrets.ts'

/**
 * Seals what was taken out of an event, bound to the event's row. The same secrets of the same event give the same bytes. Returns null when
 * secrets are not kept.
 */
export function sealEventSecrets(
  secrets: Secrets,
  taken: readonly TakenSecret[],
  workspaceId: string,
  eventId: string,
): Buffer | null {
  return secrets.sealRepeatably(JSON.stringify(taken), contextOf(workspaceId, eventId))
}

/** Puts the secrets back into an event's text. Returns null when no key opens them. */
export function unsealEvent(
  secrets: Secrets,
  body: string,
  sealed: Uint8Array,
  workspaceId: string,
  eventId: string,
): string | null {
  const text = secrets.open(sealed, contextOf(workspaceId, eventId))
  if (text === null) return null
  return putBackSecrets({ json: body, secrets: JSON.parse(text) as MaskedEvent['secrets'] })
}

function contextOf(workspaceId: string, eventId: string): string {
  return `event:${workspaceId}:${eventId}`
}
