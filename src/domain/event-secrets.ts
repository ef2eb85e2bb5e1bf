import { type Span, elementsAt, membersAt, skipSpace } from './json-text.ts'

/** What stands in an event for a secret that was taken out: of one length, so that it tells nothing about it. */
export const MASK = '"****"'

/** A value taken out of an event: its exact text, and where its mask begins in the masked text. */
export interface TakenSecret {
  at: number
  text: string
}

export interface MaskedEvent {
  json: string
  secrets: TakenSecret[]
}

/** Members that hold a door PIN, at any depth: `code`, `from.code`, `to.code` (contract 12.4). */
const PIN_MEMBER = 'code'
/** Arrays whose elements' `from` and `to` may hold one, among other things: taken out whole (contract 12.4). */
const CHANGE_LISTS = new Set(['changed_properties', 'requested_mutations'])
const CHANGE_SIDES = new Set(['from', 'to'])

/**
 * Free texts that contract 12.4 names: "PIN 1234 is taken" may stand in one without any other sign of a PIN. One with a number of
 * four to eight digits in it is taken out whole, be it a PIN or a room.
 */
const FREE_TEXTS = new Set(['description', 'event_description', 'change_reason', 'error_message', 'message'])
const LONE_NUMBER = /(?<!\d)\d{4,8}(?!\d)/

/** Anything shorter is found in too many harmless texts; Seam's PINs have four digits or more. */
const SHORTEST_PIN = 4
const HARMLESS_TEXT =
  /^"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-][\d:]+))"$/i

/**
 * Takes the PINs out of an event's JSON text and leaves masks; every other character stays as it is. A free text that repeats
 * one of the PINs ("Code 1234 was set") goes as well. The text must have been accepted by JSON.parse.
 */
export function takeOutSecrets(json: string): MaskedEvent {
  // Most events hold none, and are spared the scan: one expression, because nine searches took 3 µs, and this 0.4 (800 characters).
  if (!MAY_HOLD_SECRETS.test(json)) return { json, secrets: [] }
  const spans = { secret: [] as Span[], text: [] as Span[] }
  visit(json, skipSpace(json, 0), spans, 0)
  const pins = spans.secret.flatMap((span) => pinsIn(json, span))
  const repeats = spans.text.filter((span) => repeatsPin(json.slice(span.start, span.end), pins))
  return maskSpans(
    json,
    [...spans.secret, ...repeats].toSorted((a, b) => a.start - b.start),
  )
}

/** Puts the secrets back where their masks are. */
export function putBackSecrets({ json, secrets }: MaskedEvent): string {
  const parts: string[] = []
  let from = 0
  for (const { at, text } of secrets) {
    parts.push(json.slice(from, at), text)
    from = at + MASK.length
  }
  return parts.join('') + json.slice(from)
}

/** A name of a member that may hold a secret; or an escape, which may spell one in another way. */
const MAY_HOLD_SECRETS = new RegExp(
  String.raw`"(?:${[PIN_MEMBER, ...CHANGE_LISTS, ...FREE_TEXTS].join('|')})"|\\u`,
)

/** No event is nested deeper; below this everything counts as secret, because looking further would cost too much. */
const MAX_DEPTH = 32

interface Found {
  secret: Span[]
  text: Span[]
}

/** Collects the secret values below the value at `at`, and the other texts. */
function visit(json: string, at: number, found: Found, depth: number): void {
  for (const { name, start, end } of membersAt(json, at)) {
    const changes = CHANGE_LISTS.has(name) ? elementsAt(json, start) : []
    if (name === PIN_MEMBER && isValue(json, start)) found.secret.push({ start, end })
    else if (FREE_TEXTS.has(name) && json[start] === '"' && LONE_NUMBER.test(textAt(json, { start, end })))
      found.secret.push({ start, end })
    else if (changes.length > 0) for (const change of changes) visitChange(json, change, found, depth + 1)
    else visitValue(json, { start, end }, found, depth + 1)
  }
}

function visitChange(json: string, change: Span, found: Found, depth: number): void {
  const members = membersAt(json, change.start)
  if (members.length === 0) visitValue(json, change, found, depth)
  for (const { name, start, end } of members) {
    const isSecret = (CHANGE_SIDES.has(name) || name === PIN_MEMBER) && isValue(json, start)
    if (isSecret) found.secret.push({ start, end })
    else visitValue(json, { start, end }, found, depth + 1)
  }
}

function visitValue(json: string, span: Span, found: Found, depth: number): void {
  const first = json[span.start]
  if (first === '"' || NUMBER_START.test(first ?? '')) found.text.push(span)
  else if (depth > MAX_DEPTH && (first === '{' || first === '[')) found.secret.push(span)
  else if (first === '{') visit(json, span.start, found, depth)
  else for (const element of elementsAt(json, span.start)) visitValue(json, element, found, depth + 1)
}

const NUMBER_START = /[-\d]/

function textAt(json: string, { start, end }: Span): string {
  return String(JSON.parse(json.slice(start, end)))
}

/** `null` says that there is no PIN, and stays. */
function isValue(json: string, start: number): boolean {
  return !json.startsWith('null', start)
}

/** The PINs themselves, out of a secret value; of texts only those that can be one, because change lists hold names as well. */
function pinsIn(json: string, { start, end }: Span): string[] {
  const texts: string[] = []
  const collect = (value: unknown, depth: number): void => {
    if (typeof value === 'string' || typeof value === 'number') texts.push(String(value))
    else if (typeof value === 'object' && value !== null && depth < MAX_DEPTH) {
      for (const inner of Object.values(value)) collect(inner, depth + 1)
    }
  }
  collect(JSON.parse(json.slice(start, end)), 0)
  return texts.filter((text) => text.length >= SHORTEST_PIN && PIN.test(text))
}

/** Without white space, and with a digit in it. */
const PIN = /^(?=.*\d)\S{1,32}$/

function repeatsPin(token: string, pins: readonly string[]): boolean {
  if (pins.length === 0 || HARMLESS_TEXT.test(token)) return false
  const text = String(JSON.parse(token))
  return pins.some((pin) =>
    new RegExp(String.raw`(?<![\da-z])${RegExp.escape(pin)}(?![\da-z])`, 'i').test(text),
  )
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
