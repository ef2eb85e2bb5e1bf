/*
 * Looks for an event's PINs in its other texts. The sender chooses both, and comparing every PIN with every text took 6.4 s for 33 KB. So
 * each text is read once, its numbers are looked up among the PINs, and the steps are counted and limited.
 */

/** A PIN with fewer digits is not looked for, because it would be found in too many harmless texts. */
export const SHORTEST_PIN = 3
/** The same for the integer part of a number such as `1234.0`. */
const SHORTEST_IN_NUMBER = 4
/** Longest PIN with letters in it. A longer text is a sentence and no PIN. */
const LONGEST_MIXED_PIN = 64
/** Most characters between two parts of one PIN, as in `8123 4567` and `8123 - 4567`. */
const LONGEST_GAP = 3

/** The PINs of one event, and the search for texts that repeat them. */
export class PinSearch {
  readonly #numbers = new Set<string>()
  readonly #lengths = new Set<number>()
  #longest = 0
  /** The PINs with letters in them: in lower case, reduced to letters and digits. */
  readonly #mixed = new Set<string>()
  /** All PINs as they were written, in lower case: for texts that are nothing but a PIN, however short. */
  readonly #exact = new Set<string>()
  readonly #maxSteps: number
  readonly #maxPins: number
  /** Look-ups done so far, plus one for every sixteen characters compared. */
  steps = 0

  constructor(limits: { maxSteps: number; maxPins: number }) {
    this.#maxSteps = limits.maxSteps
    this.#maxPins = limits.maxPins
  }

  /** A limit was passed and the search was given up: its answers since then cannot be relied on. */
  get isOver(): boolean {
    return this.steps > this.#maxSteps || this.size > this.#maxPins
  }

  get size(): number {
    return Math.max(this.#exact.size, this.#numbers.size + this.#mixed.size)
  }

  /** A value that is a PIN by its place. */
  addPin(text: string): void {
    const exact = text.trim().toLowerCase()
    if (exact !== '') this.#exact.add(exact)
    this.addIfPin(text)
    // The value may be "PIN 1234" where only the PIN should be.
    for (const [digits] of text.matchAll(/\d{4,}/g)) {
      this.#addNumber(digits)
      if (this.size > this.#maxPins) return
    }
  }

  /** A value that may be a PIN, or anything else that was changed. */
  addIfPin(text: string): void {
    const plain = withoutMarks(text)
    if (DIGITS.test(plain)) this.#addNumber(plain)
    else if (text.length <= LONGEST_MIXED_PIN && plain.length >= SHORTEST_PIN && WITH_DIGIT.test(text))
      this.#mixed.add(plain)
  }

  #addNumber(digits: string): void {
    for (const number of [digits, digits.replace(/^0+/, '')]) {
      if (number.length < SHORTEST_PIN) continue
      this.#numbers.add(number)
      this.#lengths.add(number.length)
      this.#longest = Math.max(this.#longest, number.length)
    }
  }

  /** Whether a PIN stands in the text: alone, beside letters, or in parts; but not within a longer number. */
  isIn(text: string): boolean {
    this.steps += 1 + (text.length >> 4)
    if (this.isOver) return false
    if (this.#exact.size > 0 && this.#exact.has(text.trim().toLowerCase())) return true
    if (this.#numbers.size > 0 && this.#hasNumber(ascii(text))) return true
    return this.#mixed.size > 0 && this.#hasMixed(text)
  }

  /** Whether a JSON number repeats a PIN. */
  isNumber(token: string): boolean {
    this.steps += 1 + (token.length >> 4)
    if (this.isOver || this.#numbers.size === 0) return false
    if (this.#numbers.has(token) || this.#numbers.has(String(Number(token)))) return true
    // Finds 81234567 in `81234567.0`, but not 4567 in 0.4567 or 45.67.
    const [whole = ''] = RUN_AT_START.exec(token) ?? []
    return whole.length >= SHORTEST_IN_NUMBER && this.#numbers.has(whole)
  }

  /** Looks up every sequence of neighbouring runs of digits that is as long as one of the PINs. */
  #hasNumber(text: string): boolean {
    const digits = text.replaceAll(NO_DIGITS, '')
    /** Positions in `digits` where the runs begin that may belong to one number. */
    let starts: number[] = []
    let length = 0
    let end = 0
    for (const { index, 0: run } of text.matchAll(RUN)) {
      if (starts.length > 0 && !isGap(text, end, index)) starts = []
      starts.push(length)
      length += run.length
      end = index + run.length
      for (let i = starts.length - 1; i >= 0; i--) {
        const start = starts[i] ?? 0
        this.steps += 1
        if (length - start > this.#longest) break
        if (!this.#lengths.has(length - start)) continue
        if (this.#numbers.has(digits.slice(start, length))) return true
      }
      if (this.isOver) return false
    }
    return false
  }

  #hasMixed(text: string): boolean {
    const plain = withoutMarks(text)
    for (const pin of this.#mixed) {
      this.steps += 1 + (plain.length >> 4)
      if (this.isOver) return false
      if (plain.includes(pin)) return true
    }
    return false
  }
}

const RUN = /\d+/g
const RUN_AT_START = /^\d+/
const NO_DIGITS = /\D+/g
const DIGITS = /^\d+$/
/** A text without white space that has a digit. */
const WITH_DIGIT = /^(?=\D*\d)\S+$/

function isGap(text: string, from: number, to: number): boolean {
  return to - from <= LONGEST_GAP && !/[a-z]/i.test(text.slice(from, to))
}

function withoutMarks(text: string): string {
  return ascii(text)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '')
}

/** Replaces full-width digits and letters, as East Asian keyboards write them, by the usual ones. */
function ascii(text: string): string {
  return text.replaceAll(FULL_WIDTH, (wide) => String.fromCharCode(wide.charCodeAt(0) - TO_FULL_WIDTH))
}

const FULL_WIDTH = /[\uff01-\uff5e]/g
const TO_FULL_WIDTH = 0xff01 - 0x21

/** Four digits or more that may be a PIN, also with letters right beside them: "8123 4567" is one number, "21.5" is none. */
const LONG_NUMBER = /\d(?:[\s\-_/]?\d){3}|\d\d?\.\d\d?\.\d\d?\.\d/
const SHORT_NUMBER = /\d(?:[\s\-_/.]?\d){2}/
const CODE_WORD = /code|pin/i

/** Whether a sentence holds a number that may be a PIN: four digits or more, or three where the sentence speaks of a code. */
export function mayHoldPin(sentence: string): boolean {
  const text = ascii(sentence)
  return LONG_NUMBER.test(text) || (CODE_WORD.test(text) && SHORT_NUMBER.test(text))
}

/** Whether a changed value has enough digits for a PIN. */
export function hasShortNumber(text: string): boolean {
  return SHORT_NUMBER.test(ascii(text))
}

/** Matches "PIN 1234", "code: 1234", "the code is 12 34" and `{"pin":"1234"}` in a text. */
const SAID_PIN = /(?:code|pin)s?[^a-z0-9]{0,6}(?:(?:is|was)[^a-z0-9]{1,3})?(\d(?:[\s\-._/]?\d){2,})/gi

/** The numbers that a text itself calls a code or PIN; at most `most` of them. */
export function saidPins(text: string, most: number): string[] {
  const said: string[] = []
  for (const [, digits = ''] of ascii(text).matchAll(SAID_PIN)) if (said.push(digits) >= most) break
  return said
}
