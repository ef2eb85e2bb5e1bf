/** The clock of a schedule. It is passed in, so that tests need not wait. */
export interface Clock {
  /** Unix milliseconds. */
  wallMs: () => number
  monotonicMs: () => number
  /** Calls back after `ms` milliseconds of the monotonic clock; the returned function cancels it. */
  after: (ms: number, callback: () => void) => () => void
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}

/** How often the wall clock is checked for having been set. */
const CHECK_INTERVAL_MS = 60_000
/** The wall clock counts as set when it differs by more than this from the monotonic clock; timers are early by less. */
const TOLERANCE_MS = 1_000

/**
 * Calls `tick` at the times of a schedule (`nextTimes`: the next two, in Unix milliseconds), until the returned function is called.
 *
 * The wall clock decides when the next tick is due, and the monotonic clock waits for it. Whatever the wall clock does meanwhile, two ticks
 * are never further apart than in the schedule: setting the wall clock can only bring a tick forward. Times that were missed (the process
 * was stopped, the clock jumped a year) count as one tick.
 */
export function onSchedule(
  nextTimes: () => readonly [number, number],
  tick: () => void,
  clock: Clock,
): () => void {
  let plan = planFrom(Number.NEGATIVE_INFINITY)
  let cancel: (() => void) | null = null

  /** `after` is the last tick's time. A timer may fire a few milliseconds early by the wall clock, and must not find that time again. */
  function planFrom(after: number) {
    const [wallMs, monotonicMs] = [clock.wallMs(), clock.monotonicMs()]
    const [first, second] = nextTimes()
    const isEarly = first <= after && after - wallMs <= TOLERANCE_MS
    const at = isEarly ? second : first
    return { at, dueMs: monotonicMs + at - wallMs, wallMs, monotonicMs }
  }

  function check(): void {
    const [wallMs, monotonicMs] = [clock.wallMs(), clock.monotonicMs()]
    if (monotonicMs >= plan.dueMs || wallMs >= plan.at) {
      plan = planFrom(plan.at)
      wait()
      tick()
      return
    }
    const isSet = Math.abs(wallMs - plan.wallMs - (monotonicMs - plan.monotonicMs)) > TOLERANCE_MS
    if (isSet) {
      const again = planFrom(Number.NEGATIVE_INFINITY)
      plan = { ...again, dueMs: Math.min(plan.dueMs, again.dueMs) }
    }
    wait()
  }

  function wait(): void {
    cancel = clock.after(Math.max(0, Math.min(plan.dueMs - clock.monotonicMs(), CHECK_INTERVAL_MS)), check)
  }

  wait()
  return () => cancel?.()
}
