export interface FailureBrake {
  /**
   * To be awaited before a failed authentication is answered. Resolves after the address's delay, one request at a time; false
   * at once when too many of its failures are waiting already.
   */
  wait(address: string): Promise<boolean>
  /** A success: the address starts from zero. */
  forget(address: string): void
}

export interface FailureBrakeOptions {
  sleep: (ms: number) => Promise<void>
  /** Milliseconds, never going back. */
  monotonicMs: () => number
}

/** Failures that cost nothing: somebody mistypes a key. */
const FREE_FAILURES = 3
const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 3000
/** Failures of one address that wait at the same time. */
const MAX_WAITING = 10
/** After so long without a failure an address is forgotten. */
const FORGET_AFTER_MS = 15 * 60_000
/** Addresses that are remembered; the one that failed longest ago is dropped first. */
const MAX_ADDRESSES = 10_000

interface Record {
  failures: number
  lastAtMs: number
  waiting: number
  turn: Promise<void>
}

/**
 * Slows down guessing, for each address: failed attempts are answered later and later, and one after the other, so that many
 * connections gain nothing. Whoever has a valid key is not slowed, also from the same address.
 */
export function createFailureBrake({ sleep, monotonicMs }: FailureBrakeOptions): FailureBrake {
  const records = new Map<string, Record>()

  function recordOf(address: string): Record {
    const old = records.get(address)
    const isFresh = old !== undefined && monotonicMs() - old.lastAtMs < FORGET_AFTER_MS
    const record = isFresh ? old : { failures: 0, lastAtMs: 0, waiting: 0, turn: Promise.resolve() }
    // A Map iterates in order of insertion: the first is the one that failed longest ago.
    records.delete(address)
    records.set(address, record)
    const oldest = records.keys().next().value
    if (records.size > MAX_ADDRESSES && oldest !== undefined) records.delete(oldest)
    return record
  }

  return {
    wait: async (address) => {
      const record = recordOf(address)
      record.failures += 1
      record.lastAtMs = monotonicMs()
      if (record.failures <= FREE_FAILURES) return true
      if (record.waiting >= MAX_WAITING) return false
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (record.failures - FREE_FAILURES - 1), MAX_DELAY_MS)
      record.waiting += 1
      record.turn = record.turn.then(() => sleep(delayMs))
      await record.turn
      record.waiting -= 1
      return true
    },
    forget: (address) => records.delete(address),
  }
}
