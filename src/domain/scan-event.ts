import { type Span, skipSeparator, skipSpace, skipString, skipValue, stringAt } from './json-text.ts'
import { MAY_SAY_PIN, placeOf } from './pin-places.ts'
import { hasShortNumber, mayHoldPin, saidPins } from './pin-search.ts'

/** No known event is nested deeper. Everything below counts as secret, because searching it would cost too much. */
export const MAX_DEPTH = 32
/** Most values that are looked at in one event. The longest list of ids that fits into a delivery has 6,700. */
export const MAX_VALUES = 10_000
/** Most secret values of one event that are taken out one by one, and most PINs that are looked for. */
export const MAX_SECRETS = 1_000

/** The kind of member that a value stands in. */
type Around = 'plain' | 'free_text' | 'errors' | 'changes'

/** Whether a JSON token is exactly an id or an instant, and so no PIN, whatever digits it has. */
export function isHarmless(token: string): boolean {
  return HARMLESS.test(token.includes('\\') ? JSON.stringify(JSON.parse(token)) : token)
}

const HARMLESS =
  /^"(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)"$/i

const QUOTE = 0x22
const BRACE = 0x7b
const BRACKET = 0x5b

/** One pass over an event's JSON text, which sorts its values by where they stand. */
export class EventScan {
  /** Values that are PINs by their place. */
  readonly pins: Span[] = []
  /** Values that were changed; PINs may be among them. */
  readonly changes: Span[] = []
  /** Sentences that may hold a PIN, and values that are nested too deep. */
  readonly hidden: Span[] = []
  /** All other texts and numbers, which may repeat a PIN. */
  readonly others: Span[] = []
  /** Starts and ends, in turn, of the names, which may repeat a PIN as well. */
  readonly names: number[] = []
  /** Numbers that texts call a code. */
  readonly said: string[] = []
  /** True when the event exceeds a limit, or a PIN may be nested too deep. The scan has then ended early, and its result must not be used. */
  isOver = false
  #values = 0
  readonly #json: string
  readonly #maySayPin: boolean

  constructor(json: string) {
    this.#json = json
    this.#maySayPin = MAY_SAY_PIN.test(json)
    this.#value(skipSpace(json, 0), 'plain', 0)
  }

  /** Scans one value and returns where it ends. */
  #value(at: number, around: Around, depth: number): number {
    this.#values += 1
    if (this.#values > MAX_VALUES || this.pins.length > MAX_SECRETS) this.isOver = true
    if (this.isOver) return this.#json.length
    const first = this.#json.charCodeAt(at)
    if (first === QUOTE) {
      const end = skipString(this.#json, at)
      this.#text({ start: at, end }, around)
      return end
    }
    const isObject = first === BRACE
    if (!isObject && first !== BRACKET) {
      const end = skipValue(this.#json, at)
      if (isNumberStart(first)) this.#number({ start: at, end }, around)
      return end
    }
    if (depth <= MAX_DEPTH) return isObject ? this.#object(at, around, depth) : this.#array(at, around, depth)
    const end = skipValue(this.#json, at)
    this.hidden.push({ start: at, end })
    this.isOver ||= /code|pin|\\u/i.test(this.#json.slice(at, end))
    return end
  }

  #array(at: number, around: Around, depth: number): number {
    let next = skipSpace(this.#json, at + 1)
    while (next < this.#json.length && this.#json[next] !== ']')
      next = skipSeparator(this.#json, this.#value(next, around, depth + 1))
    return next + 1
  }

  #object(at: number, around: Around, depth: number): number {
    const json = this.#json
    let next = skipSpace(json, at + 1)
    while (json.charCodeAt(next) === QUOTE) {
      const nameEnd = skipString(json, next)
      const name = stringAt(json, next, nameEnd)
      this.#name(name, next, nameEnd)
      const start = skipSpace(json, skipSpace(json, nameEnd) + 1)
      next = skipSeparator(json, this.#member(name, start, around, depth))
    }
    return next + 1
  }

  /** Scans one member's value and returns where it ends. */
  #member(name: string, start: number, around: Around, depth: number): number {
    const place = placeOf(name)
    switch (place) {
      case 'pin':
      case 'pin_with_digit':
        return this.#pin(start, place === 'pin', around, depth)
      case 'changes':
      case 'errors':
      case 'free_text':
        return this.#value(start, place, depth + 1)
      case 'side':
        return this.#side(start, around, depth)
      case 'words':
        return this.#value(start, 'plain', depth + 1)
      case 'read_back': {
        const end = skipValue(this.#json, start)
        return depth === 0 && isHarmless(this.#json.slice(start, end))
          ? end
          : this.#value(start, around, depth + 1)
      }
      case 'plain':
        return this.#value(start, around, depth + 1)
    }
  }

  /** Takes a PIN's value out. `null`, `true` and `false` stay, because they are no PINs. */
  #pin(start: number, isCertain: boolean, around: Around, depth: number): number {
    const end = skipValue(this.#json, start)
    if (isLetter(this.#json.charCodeAt(start))) return end
    if (!isCertain && !/\d/.test(this.#json.slice(start, end))) return this.#value(start, around, depth + 1)
    this.pins.push({ start, end })
    return end
  }

  /** Handles `from` and `to`. In a record of changes all of it is taken out; elsewhere only a value that is no object or array counts as changed. */
  #side(start: number, around: Around, depth: number): number {
    const first = this.#json.charCodeAt(start)
    if (around !== 'changes') {
      const isNested = first === BRACE || first === BRACKET
      return this.#value(start, isNested ? around : 'changes', depth + 1)
    }
    const end = skipValue(this.#json, start)
    if (!this.#json.startsWith('null', start)) this.changes.push({ start, end })
    return end
  }

  /** Sorts a member's name. A name of digits alone counts as a PIN, as in `{"81234567": "guest"}`. */
  #name(name: string, start: number, end: number): void {
    if (!isLetter(name.charCodeAt(0)) && NUMBER_NAME.test(name) && hasShortNumber(name))
      this.pins.push({ start, end })
    else this.names.push(start, end)
  }

  #text(span: Span, around: Around): void {
    if (around === 'plain' && !this.#maySayPin) return void this.others.push(span)
    if (isHarmless(this.#json.slice(span.start, span.end))) return
    const text = stringAt(this.#json, span.start, span.end)
    const said = this.#maySayPin ? saidPins(text, MAX_SECRETS) : []
    for (const digits of said) this.said.push(digits)
    if (this.said.length >= MAX_SECRETS) this.isOver = true
    if (around === 'changes' && hasShortNumber(text)) this.changes.push(span)
    else if (said.length > 0 || (around !== 'plain' && mayHoldPin(text))) this.hidden.push(span)
    else this.others.push(span)
  }

  #number(span: Span, around: Around): void {
    const token = this.#json.slice(span.start, span.end)
    if (around === 'changes' && hasShortNumber(token)) this.changes.push(span)
    else if (around === 'free_text' && mayHoldPin(token)) this.hidden.push(span)
    else this.others.push(span)
  }
}

function isNumberStart(code: number): boolean {
  return code === 0x2d || (code >= 0x30 && code <= 0x39)
}

/** True for the first letter of `null`, `true` and `false`. */
function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a
}

const NUMBER_NAME = /^[\d\s\-._/]+$/
