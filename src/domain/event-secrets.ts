import { EVENT_FIELDS } from './event-fields.ts'
import { findSecrets } from './find-secrets.ts'
import { type Span, membersAt, skipSpace } from './json-text.ts'
import { MAY_HOLD_PIN } from './pin-places.ts'
import { isHarmless } from './scan-event.ts'

/** Stands in an event for a secret that was taken out. It always has the same length, so that it tells nothing about the secret. */
export const MASK = '"****"'

/** A value or name taken out of an event: its exact text, and where its mask begins in the masked text. */
export interface TakenSecret {
  at: number
  text: string
}

export interface MaskedEvent {
  json: string
  secrets: TakenSecret[]
}

/**
 * Takes the PINs out of an event's JSON text and leaves masks; every other character stays as it is. A text that repeats one of the
 * PINs ("Code 1234 was set") goes as well. The text must have been accepted by JSON.parse.
 */
export function takeOutSecrets(json: string): MaskedEvent {
  return MAY_HOLD_PIN.test(json) ? takeOutThoroughly(json) : { json, secrets: [] }
}

/** Does the same without the quick check whether the text may hold a PIN at all, so values that are nested too deep are always taken out. */
export function takeOutThoroughly(json: string): MaskedEvent {
  const spans = findSecrets(json)
  return spans === null ? takeOutAll(json) : maskSpans(json, spans)
}

/** This value of `TakenSecret.at` says that the text is the whole event. */
export const WHOLE = -1

/** Leaves nothing but the ids and instants that an event is found by. */
function takeOutAll(json: string): MaskedEvent {
  const kept = membersAt(json, skipSpace(json, 0)).filter(({ name, start, end }) =>
    isKept(name, json.slice(start, end)),
  )
  const members = kept.map(({ nameStart, end }) => json.slice(nameStart, end))
  return { json: `{${[...members, `${MASK}:${MASK}`].join(',')}}`, secrets: [{ at: WHOLE, text: json }] }
}

const KEPT_NAMES = new Set([
  'event_id',
  'workspace_id',
  'created_at',
  'occurred_at',
  ...EVENT_FIELDS.flatMap(({ from }) => from),
])

function isKept(name: string, token: string): boolean {
  if (name === 'event_type') return !/[\d\\]/.test(token)
  return KEPT_NAMES.has(name) && (isHarmless(token) || IDS.test(token))
}

const UUID_TOKEN = /"[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}"/.source
const IDS = new RegExp(`^\\[\\s*${UUID_TOKEN}\\s*(?:,\\s*${UUID_TOKEN}\\s*)*\\]$`, 'i')

/** Puts the secrets back where their masks are. */
export function putBackSecrets({ json, secrets }: MaskedEvent): string {
  const parts: string[] = []
  let from = 0
  for (const { at, text } of secrets) {
    if (at === WHOLE) return text
    parts.push(json.slice(from, at), text)
    from = at + MASK.length
  }
  return parts.join('') + json.slice(from)
}

/** Replaces the values at these places, given in their order, by masks. */
export function maskSpans(json: string, spans: readonly Span[]): MaskedEvent {
  const secrets: TakenSecret[] = []
  const parts: string[] = []
  let from = 0
  let length = 0
  for (const { start, end } of spans) {
    parts.push(json.slice(from, start), MASK)
    length += start - from
    secrets.push({ at: length, text: json.slice(start, end) })
    length += MASK.length
    from = end
  }
  return { json: parts.join('') + json.slice(from), secrets }
}
