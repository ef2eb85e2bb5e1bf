/** A repeatable source of randomness: the same seed and stream give the same values for ever. */
export interface Random {
  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number
  /** A fraction from 0 (included) to 1 (excluded). */
  fraction(): number
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number
  /** True with this probability (0..1). */
  chance(probability: number): boolean
  /** One of the items; throws when there are none. */
  pick<T>(items: readonly T[]): T
  /** The items in random order, in a new array. */
  shuffled<T>(items: readonly T[]): T[]
  /** A version 4 UUID. */
  uuid(): string
  /** Text in the base58 alphabet, in which Seam writes its keys and tokens (contract, section 3). */
  base58(length: number): string
  /** A PIN of four to eight digits. */
  pin(): string
}

const base58Alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/**
 * The streams of one seed are independent of each other. How often a request's faults are rolled depends on timing, and
 * that must not change which events are generated.
 */
export function createRandom(seed: number, stream: string): Random {
  const uint32 = sfc32(seed, hashText(stream))
  const fraction = (): number => uint32() / 2 ** 32
  const integer = (min: number, max: number): number => min + Math.floor(fraction() * (max - min + 1))
  const pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new Error('nothing to pick from: the list is empty')
    return items[integer(0, items.length - 1)] as T
  }
  return {
    uint32,
    fraction,
    integer,
    pick,
    chance: (probability) => probability > 0 && fraction() < probability,
    shuffled: (items) => shuffle([...items], integer),
    uuid: () => formatUuid([uint32(), uint32(), uint32(), uint32()]),
    base58: (length) => Array.from({ length }, () => base58Alphabet[integer(0, 57)]).join(''),
    pin: () => Array.from({ length: integer(4, 8) }, () => integer(0, 9)).join(''),
  }
}

/** The sfc32 generator. Its state has 128 bits, so that the UUIDs of two streams do not meet. */
function sfc32(seed: number, streamHash: number): () => number {
  let a = seed | 0
  let b = Math.floor(seed / 2 ** 32) | 0
  let c = streamHash | 0
  let counter = 1
  const next = (): number => {
    const result = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + result
    c |= 0
    return result >>> 0
  }
  // The first values still show the seed. The reference implementation discards the same number of them.
  for (let i = 0; i < 15; i++) next()
  return next
}

/** FNV-1a, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return hash
}

function shuffle<T>(items: T[], integer: (min: number, max: number) => number): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = integer(0, last)
    const kept = items[last] as T
    items[last] = items[other] as T
    items[other] = kept
  }
  return items
}

function formatUuid(words: readonly number[]): string {
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('')
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}
