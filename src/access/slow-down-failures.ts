import { LRUCache } from 'lru-cache'

/** Who failed, and with what. */
export interface Attempt {
  /** The kind of credential: failures with one kind don't slow down callers with another. */
  family: string
  /** An address, or a network whose addresses all belong to one caller. */
  address: string
  /** Identifies the credential, so that a later success with it takes its failures back; null where it cannot be told. */
  name: string | null
}

export interface FailureBrake {
  /**
   * To be awaited before a failed attempt is answered. Resolves with true after its delay, or with false at once when the delay would
   * be longer than MAX_DELAY_MS, because others of the same family and address are waiting.
   */
  fail(attempt: Attempt): Promise<boolean>
  /** Called after a success: forgives the failures with the same credential and no others. */
  forgive(attempt: Attempt): void
}

export interface FailureBrakeOptions {
  sleep: (ms: number) => Promise<void>
  /** Monotonic time in milliseconds. */
  monotonicMs: () => number
}

/** This many failures are not delayed: people mistype keys. */
export const FREE_FAILURES = 3
const FIRST_DELAY_MS = 100
/** The longest that any failure waits, including the wait for its turn. */
export const MAX_DELAY_MS = 3_000
/** An address without a failure for this long is forgotten. */
const FORGET_AFTER_MS = 15 * 60_000
/** Most addresses remembered, counted per family; the one whose last failure is oldest is dropped first. */
export const MAX_RECORDS = 10_000
/** Most credentials remembered by name for one address, the first ones: every guess would bring another name. */
const MAX_NAMES = 10

interface Record {
  failures: number
  /** How many of the failures belong to each credential. */
  byName: Map<string, number>
  lastAtMs: number
  /** When the last waiting failure will be answered. */
  nextAtMs: number
}

/**
 * Slows down guessing: failed attempts from an address are answered later and later, and one after another, so that opening many
 * connections gains nothing. A caller with a valid credential is never slowed, even from the same address.
 *
 * It is called after an attempt has failed, not before the look-up: otherwise anybody behind the same proxy could lock out a key that
 * has not been seen yet. The cost of look-ups is limited separately (look-up-together.ts).
 */
export function createFailureBrake({ sleep, monotonicMs }: FailureBrakeOptions): FailureBrake {
  const records = new LRUCache<string, Record>({ max: MAX_RECORDS })

  function recordOf(place: string): Record {
    const old = records.peek(place)
    const isFresh = old !== undefined && monotonicMs() - old.lastAtMs < FORGET_AFTER_MS
    const record = isFresh
      ? old
      : { failures: 0, byName: new Map<string, number>(), lastAtMs: 0, nextAtMs: 0 }
    records.set(place, record)
    return record
  }

  return {
    fail: async (attempt) => {
      const record = recordOf(placeOf(attempt))
      const now = monotonicMs()
      record.failures += 1
      record.lastAtMs = now
      count(record.byName, attempt.name)
      if (record.failures <= FREE_FAILURES) return true
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (record.failures - FREE_FAILURES - 1), MAX_DELAY_MS)
      const atMs = Math.max(now, record.nextAtMs) + delayMs
      if (atMs - now > MAX_DELAY_MS) return false
      record.nextAtMs = atMs
      await sleep(atMs - now)
      return true
    },
    forgive: (attempt) => {
      // A success is no failure: it does not keep an address remembered for longer.
      const record = records.peek(placeOf(attempt))
      if (record === undefined || attempt.name === null) return
      record.failures -= record.byName.get(attempt.name) ?? 0
      record.byName.delete(attempt.name)
    },
  }
}

function placeOf({ family, address }: Attempt): string {
  return `${family} ${address}`
}

function count(byName: Map<string, number>, name: string | null): void {
  if (name === null || (byName.size >= MAX_NAMES && !byName.has(name))) return
  byName.set(name, (byName.get(name) ?? 0) + 1)
}
