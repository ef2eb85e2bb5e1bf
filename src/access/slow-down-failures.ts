/** Whose failure it was. */
export interface Attempt {
  /** The kind of credential: failures with one kind slow nobody down who brings another. */
  family: string
  /** An address, or a network whose addresses are one caller's. */
  address: string
  /** Which credential it was, as far as it says; a later success of that one takes its failures back. Null where it says nothing. */
  name: string | null
}

export interface FailureBrake {
  /**
   * To be awaited before a failed attempt is answered. Resolves after its delay; false at once when the delay would be longer than
   * MAX_DELAY_MS, because others of the same family and address wait already.
   */
  fail(attempt: Attempt): Promise<boolean>
  /** A success: what failed with the same credential is forgiven, and nothing else. */
  forgive(attempt: Attempt): void
}

export interface FailureBrakeOptions {
  sleep: (ms: number) => Promise<void>
  /** Milliseconds, never going back. */
  monotonicMs: () => number
}

/** Failures that cost nothing: somebody mistypes a key. */
const FREE_FAILURES = 3
const FIRST_DELAY_MS = 100
/** The longest that any failure waits, its turn included. */
export const MAX_DELAY_MS = 3_000
/** After so long without a failure an address is forgotten. */
const FORGET_AFTER_MS = 15 * 60_000
/** Addresses that are remembered, each for a family; the one that failed longest ago is dropped first. */
const MAX_RECORDS = 10_000
/** Credentials of an address that are remembered by name, the first ones; guesses have as many names as there are guesses. */
const MAX_NAMES = 10

interface Record {
  failures: number
  /** How many of them each credential had. */
  byName: Map<string, number>
  lastAtMs: number
  /** When the last of those that wait is answered. */
  nextAtMs: number
}

/**
 * Slows down guessing: failed attempts of an address are answered later and later, and one after the other, so that many connections gain
 * nothing. Whoever has a valid credential is not slowed, also from the same address.
 *
 * It is asked when an attempt has failed, not before it is looked up: otherwise anybody behind the same proxy could keep out a key that
 * has not been seen yet. What look-ups cost is limited apart (look-up-together.ts).
 */
export function createFailureBrake({ sleep, monotonicMs }: FailureBrakeOptions): FailureBrake {
  const records = new Map<string, Record>()

  function recordOf(place: string): Record {
    const old = records.get(place)
    const isFresh = old !== undefined && monotonicMs() - old.lastAtMs < FORGET_AFTER_MS
    const record = isFresh
      ? old
      : { failures: 0, byName: new Map<string, number>(), lastAtMs: 0, nextAtMs: 0 }
    // A Map iterates in order of insertion: the first is the one that failed longest ago.
    records.delete(place)
    records.set(place, record)
    const oldest = records.keys().next().value
    if (records.size > MAX_RECORDS && oldest !== undefined) records.delete(oldest)
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
      const record = records.get(placeOf(attempt))
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
