import { SeamError } from './seam-error.ts'

/** One element of the array. */
export interface Element {
  bytes: Buffer
  /** False when the element is larger than `maxElementBytes`; then the bytes are its beginning. */
  isWhole: boolean
}

export interface CutterLimits {
  maxElementBytes: number
  /** The limit for everything around the elements. */
  maxShellBytes: number
}

const QUOTE = 0x22
const COMMA = 0x2c
const ZERO = 0x30
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** The nesting depth of the members of the answer's object, and of the elements of an array in it. */
const MEMBERS = 1
const ELEMENTS = 2

/**
 * Cuts the elements out of the array under `key` of a JSON object while its bytes arrive. So a list of 100 MB is never parsed in one piece,
 * which would stop the process for a second.
 *
 * The rest of the object is the shell. It has a 0 in place of each element. An element is everything between two commas or brackets of the
 * array. So the answer is JSON if and only if the shell and every element are JSON, and the cutter itself checks nothing. It works on bytes,
 * because all structural characters of JSON are ASCII and no byte of another UTF-8 character is.
 */
export class ElementCutter {
  /** How many arrays under `key` were found. With two of them, nobody knows which one counts. */
  arrays = 0
  readonly #key: string
  readonly #limits: CutterLimits
  #shell = Buffer.allocUnsafe(4096)
  #shellLength = 0
  #depth = 0
  #isInString = false
  #isEscaped = false
  #isInArray = false
  /** Where the newest string of the object is in the shell. When an array begins, this string is its name. */
  #nameFrom = 0
  #nameTo = 0
  /** The bytes so far of the element that has begun; null between elements. */
  #parts: Buffer[] | null = null
  #elementBytes = 0

  constructor(key: string, limits: CutterLimits) {
    this.#key = key
    this.#limits = limits
  }

  get shell(): Buffer {
    return this.#shell.subarray(0, this.#shellLength)
  }

  /** Takes the next part of the answer, and returns the elements that end in it. They may share its memory. */
  push(chunk: Buffer): Element[] {
    const elements: Element[] = []
    let from = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number
      const isBetween = this.#isInArray && this.#depth === ELEMENTS && !this.#isInString
      if (isBetween && (byte === COMMA || byte === CLOSE_BRACKET)) {
        if (this.#parts !== null) elements.push(this.#endElement(chunk.subarray(from, at)))
        if (byte === CLOSE_BRACKET) this.#isInArray = false
      } else if (isBetween && this.#parts === null && !isSpace(byte)) {
        this.#parts = []
        from = at
        this.#addToShell(ZERO)
      }
      if (!this.#isInArray || (this.#parts === null && !isSpace(byte))) this.#addToShell(byte)
      this.#track(byte)
    }
    if (this.#parts !== null) this.#addToElement(chunk.subarray(from))
    return elements
  }

  /** Updates the depth, and whether the next byte is in a string or in the array. */
  #track(byte: number): void {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (byte === BACKSLASH) this.#isEscaped = true
      else if (byte === QUOTE) {
        this.#isInString = false
        if (this.#depth === MEMBERS) this.#nameTo = this.#shellLength
      }
    } else if (byte === QUOTE) {
      this.#isInString = true
      if (this.#depth === MEMBERS) this.#nameFrom = this.#shellLength - 1
    } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      this.#depth += 1
      if (byte === OPEN_BRACKET && this.#depth === ELEMENTS && this.#isNamedByKey()) {
        this.#isInArray = true
        this.arrays += 1
      }
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) this.#depth -= 1
  }

  #isNamedByKey(): boolean {
    const name = this.#shell.toString('utf8', this.#nameFrom, this.#nameTo)
    try {
      return JSON.parse(name) === this.#key
    } catch {
      return false
    }
  }

  #addToShell(byte: number): void {
    const { maxShellBytes } = this.#limits
    if (this.#shellLength === maxShellBytes) {
      throw new SeamError('bad_answer', `What is around ${this.#key} is larger than ${maxShellBytes} bytes`)
    }
    if (this.#shellLength === this.#shell.length) {
      this.#shell = Buffer.concat([this.#shell], this.#shell.length * 2)
    }
    this.#shell[this.#shellLength++] = byte
  }

  #addToElement(part: Buffer): void {
    const room = this.#limits.maxElementBytes - this.#elementBytes
    if (room > 0) this.#parts?.push(part.subarray(0, room))
    this.#elementBytes += part.length
  }

  #endElement(part: Buffer): Element {
    this.#addToElement(part)
    const [first = part, ...others] = this.#parts ?? []
    const bytes = others.length === 0 ? first : Buffer.concat([first, ...others])
    const isWhole = this.#elementBytes <= this.#limits.maxElementBytes
    this.#parts = null
    this.#elementBytes = 0
    return { bytes: bytes.subarray(0, lengthWithoutSpace(bytes)), isWhole }
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function lengthWithoutSpace(bytes: Buffer): number {
  let { length } = bytes
  while (length > 0 && isSpace(bytes[length - 1] as number)) length -= 1
  return length
}
