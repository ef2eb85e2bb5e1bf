import type { Clock } from '../../src/runtime/on-schedule.ts'

export interface SimulatedClock extends Clock {
  /** Lets time pass, and runs the timers that fall due. */
  pass(ms: number): void
  /** Sets the wall clock; no time passes. */
  setWallBy(ms: number): void
}

/** A machine's two clocks, with timers on the monotonic one. */
export function simulatedClock(wallStartMs: number): SimulatedClock {
  let monotonic = 0
  let offset = wallStartMs
  let timers: { at: number; callback: () => void }[] = []
  return {
    wallMs: () => monotonic + offset,
    monotonicMs: () => monotonic,
    after: (ms, callback) => {
      const timer = { at: monotonic + ms, callback }
      timers.push(timer)
      return () => void (timers = timers.filter((other) => other !== timer))
    },
    setWallBy: (ms) => void (offset += ms),
    pass: (ms) => {
      const end = monotonic + ms
      for (;;) {
        const next = timers.toSorted((a, b) => a.at - b.at)[0]
        if (next === undefined || next.at > end) break
        timers = timers.filter((timer) => timer !== next)
        monotonic = next.at
        next.callback()
      }
      monotonic = end
    },
  }
}
