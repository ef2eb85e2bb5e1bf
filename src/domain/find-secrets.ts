import type { Span } from './json-text.ts'
import { PinSearch } from './pin-search.ts'
import { EventScan, isHarmless, MAX_DEPTH, MAX_SECRETS } from './scan-event.ts'

/** Most steps of the search for repeated PINs (pin-search.ts), about 5 ms. Usual events take ten to a hundred steps. */
export const MAX_SEARCH_STEPS = 20_000

/**
 * Finds the PINs in an event's JSON text: those at known places, those in texts that say one, and their repetitions in other texts and
 * names. It makes one pass over the text and then looks once at each remaining text; both are linear in the text's size. The text must
 * have been accepted by JSON.parse.
 *
 * Returns the values and member names to take out, in their order, or null when there is more to look for than the limits allow.
 */
export function findSecrets(json: string): Span[] | null {
  const scan = new EventScan(json)
  if (scan.isOver) return null
  const search = new PinSearch({ maxSteps: MAX_SEARCH_STEPS, maxPins: MAX_SECRETS })
  const collected = [
    ...scan.pins.map((span) => collect(json, span, search, (text) => search.addPin(text))),
    ...scan.changes.map((span) => collect(json, span, search, (text) => search.addIfPin(text))),
  ]
  for (const digits of scan.said) search.addPin(digits)
  if (collected.includes(false) || search.isOver) return null
  const repeated = search.size === 0 ? [] : repeatsIn(json, scan, search)
  const spans = [...scan.pins, ...scan.changes, ...scan.hidden, ...repeated]
  if (search.isOver || spans.length > MAX_SECRETS) return null
  return spans.toSorted((a, b) => a.start - b.start)
}

/** The texts, numbers and names that repeat a PIN. */
function repeatsIn(json: string, { others, names }: EventScan, search: PinSearch): Span[] {
  const spans = others.filter((span) => repeats(json.slice(span.start, span.end), search))
  for (let i = 0; i < names.length; i += 2) {
    const [start = 0, end = 0] = [names[i], names[i + 1]]
    const token = json.slice(start, end)
    if (/\d/.test(token) && repeats(token, search)) spans.push({ start, end })
  }
  return spans
}

function repeats(token: string, search: PinSearch): boolean {
  if (token[0] !== '"') return search.isNumber(token)
  if (search.isOver || isHarmless(token)) return false
  return search.isIn(token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1))
}

/** Passes each text, number and name in a secret value to `tell`. Returns false when the value is nested too deep. */
function collect(
  json: string,
  { start, end }: Span,
  search: PinSearch,
  tell: (text: string) => void,
): boolean {
  if (search.isOver) return false
  const token = json.slice(start, end)
  const walk = (value: unknown, depth: number): boolean => {
    if (typeof value === 'string' || typeof value === 'number') tell(String(value))
    if (typeof value !== 'object' || value === null) return true
    if (depth > MAX_DEPTH || search.isOver) return false
    if (Array.isArray(value)) return value.every((inner) => !search.isOver && walk(inner, depth + 1))
    return Object.entries(value).every(([name, inner]) => {
      if (/\d/.test(name)) tell(name)
      return walk(inner, depth + 1)
    })
  }
  const value: unknown = JSON.parse(token)
  // The token is passed as well, because a number may have more digits than JavaScript keeps.
  if (typeof value === 'number') tell(token)
  return walk(value, 0)
}
