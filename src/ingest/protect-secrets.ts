import type { UnusableEvent, UsableEvent } from '../domain/event.ts'
import { eventColumns } from '../domain/event-columns.ts'
import { EVENT_FIELDS } from '../domain/event-fields.ts'
import { type MaskedEvent, takeOutSecrets, takeOutThoroughly, WHOLE } from '../domain/event-secrets.ts'
import { sealEventSecrets } from '../secrets/event-secrets-box.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { EventRow } from '../store/events/event-insert-sql.ts'
import type { QuarantineRow } from '../store/quarantine/save-quarantined.ts'

/*
 * Takes the PINs out of what goes into the store (I9). With a secrets key the PINs are kept sealed; without one they are masked and lost.
 * Nothing else in the service writes an event's text.
 */

export function protectEvent(event: UsableEvent, secrets: Secrets): EventRow {
  const masked = event.isRefused ? takeOutThoroughly(event.json) : takeOutSecrets(event.json)
  return {
    event: mayHoldSecret(event, masked) ? { ...event, ...eventColumns(JSON.parse(masked.json)) } : event,
    body: masked.json,
    sealedSecrets:
      masked.secrets.length > 0
        ? sealEventSecrets(secrets, masked.secrets, event.workspaceId, event.eventId)
        : null,
  }
}

/**
 * Whether a secret may stand in a column. If so, all columns are filled from the masked event, because whoever may filter by a column can
 * find out what is in it. An id is no secret, so only texts count.
 */
function mayHoldSecret({ eventType, fields, isRefused }: UsableEvent, { secrets }: MaskedEvent): boolean {
  if (secrets.length === 0 || isRefused) return false
  if (TEXT_FIELDS.some((i) => fields[i] !== null)) return true
  return secrets.some(({ at, text }) => at === WHOLE || text.includes('\\') || text === `"${eventType}"`)
}

const TEXT_FIELDS = EVENT_FIELDS.flatMap(({ type }, i) => (type === 'text' ? [i] : []))

/**
 * A quarantined body may hold anything, so it is sealed whole. Without a key, what may be a PIN is masked: in a JSON object by its place, in
 * anything else every number of three digits or more that is not part of a UUID or an instant.
 *
 * The digest finds the same body again. It is never a plain hash of the original body, because whoever has that and the masked body could
 * try all PINs.
 */
export function protectUnusable(item: UnusableEvent, secrets: Secrets): QuarantineRow {
  const sealed = sealQuarantined(item, secrets)
  if (sealed !== null) return { item, body: sealed, isSealed: true, digest: secrets.fingerprint(item.body) }
  const body = maskUnusable(item.body)
  return { item, body, isSealed: false, digest: secrets.fingerprint(body) }
}

/** A whole body, sealed for the quarantine; null when secrets are not kept. */
export function sealQuarantined(
  { workspaceId, body }: Pick<UnusableEvent, 'workspaceId' | 'body'>,
  secrets: Secrets,
): Buffer | null {
  return secrets.seal(Buffer.from(body).toString('base64'), quarantineContext(workspaceId))
}

/** The context that a quarantined body is sealed for: it opens for no other workspace. */
export function quarantineContext(workspaceId: string): string {
  return `quarantine:${workspaceId}`
}

const UUID = /(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])/
const INSTANT = /(?<!\d)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d)/
/** What may stand between two digits of one number: `81-23`, `%38%31`, `&#56;&#49;`, and the NULs of UTF-16 and UTF-32. */
const BETWEEN_DIGITS = '[^0-9A-Za-z]{0,7}'
const HARMLESS_OR_DIGITS = new RegExp(
  `(${UUID.source}|${INSTANT.source})|\\d(?:${BETWEEN_DIGITS}\\d){2,}`,
  'gi',
)

function maskUnusable(body: Uint8Array): Buffer {
  // Latin-1 turns every byte into one character, and JSON's own characters are the same in it.
  const text = Buffer.from(body).toString('latin1')
  const masked = isJsonObject(text) ? takeOutSecrets(text).json : maskDigits(text)
  return Buffer.from(masked, 'latin1')
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function maskDigits(text: string): string {
  return text.replace(HARMLESS_OR_DIGITS, (_digits, harmless: string | undefined) => harmless ?? '****')
}
