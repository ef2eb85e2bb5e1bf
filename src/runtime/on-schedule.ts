/** What a schedule is kept with; passed in, so that a test need not wait. */
export interface Clock {
  /** Unix milliseconds. */
  wallMs: () => number
  monotonicMs: () => number
  /** Calls back after so long by the monotonic clock; returns how to call that off. */
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

/** The wall clock is looked at so often: whether it has been set. */
const LOOK_MS = 60_000
/** By so much the two clocks may differ since a tick was planned before the wall clock counts as set; timers are early by less. */
const TOLERANCE_MS = 1_000

/**
 * Calls `tick` at the times of a schedule (`nextTimes`: the next two, in Unix milliseconds), until the returned function is called.
 *
 * The wall clock says when the next tick is to be, the monotonic clock waits for it: whatever the wall clock does meanwhile, two ticks are
 * never further apart than the schedule has them. A wall clock that is set can only bring a tick forward. Times that were missed
 * (the process was stopped, the clock jumped a year) are one tick.
 */
export function onSchedule(
  nextTimes: () => readonly [number, number],
  tick: () => void,
  clock: Clock,
): () => void {
  let plan = planFrom(Number.NEGATIVE_INFINITY)
  let cancel: (() => void) | null = null

  /** `after`: the time of the last tick; a timer may be a few milliseconds early by the wall clock. */
  function planFrom(after: number) {
    const [wallMs, monotonicMs] = [clock.wallMs(), clock.monotonicMs()]
    const [first, second] = nextTimes()
    const isEarly = first <= after && after - wallMs <= TOLERANCE_MS
    const at = isEarly ? second : first
    return { at, dueMs: monotonicMs + at - wallMs, wallMs, monotonicMs }
  }

  function look(): void {
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
    cancel = clock.after(Math.max(0, Math.min(plan.dueMs - clock.monotonicMs(), LOOK_MS)), look)
  }

  wait()
  return () => cancel?.()
}
