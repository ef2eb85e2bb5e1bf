import { type MaskedEvent, type TakenSecret, putBackSecrets } from '../domain/event-secrets.ts'
import type { Secrets } from './secrets.ts'

/**
 * Seals what was taken out of an event, for the row of that event: the same secrets of the same event give the same bytes. Null when
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

/** The event with its secrets back in their places; null when no key opens them. */
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
