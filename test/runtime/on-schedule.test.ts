import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextTimesOf } from '../../src/runtime/next-times.ts'
import { onSchedule } from '../../src/runtime/on-schedule.ts'
import { type SimulatedClock, simulatedClock } from './simulated-clock.ts'

const START = Date.UTC(2026, 9, 25, 0, 0, 5)
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Ticks at every multiple of an interval; counts how often it was asked. */
function every(intervalMs: number, clock: SimulatedClock) {
  const asked = { times: 0 }
  const nextTimes = (): [number, number] => {
    asked.times += 1
    const next = (Math.floor(clock.wallMs() / intervalMs) + 1) * intervalMs
    return [next, next + intervalMs]
  }
  return { asked, nextTimes }
}

/** Monotonic times of the ticks while a script runs. */
function ticksOf(intervalMs: number, script: (clock: SimulatedClock) => void) {
  const clock = simulatedClock(START)
  const { asked, nextTimes } = every(intervalMs, clock)
  const ticks: number[] = []
  const stop = onSchedule(nextTimes, () => ticks.push(clock.monotonicMs()), clock)
  script(clock)
  stop()
  return { ticks, asked: asked.times, clock }
}

const longestPause = (ticks: number[], end: number): number =>
  Math.max(...[0, ...ticks].map((at, i) => ([...ticks, end][i] ?? end) - at))

describe('a schedule', () => {
  test('ticks at its times, once each', () => {
    const { ticks } = ticksOf(30_000, (clock) => clock.pass(120_000))
    expect(ticks).toEqual([25_000, 55_000, 85_000, 115_000])
  })

  test('ticks no more once it is stopped', () => {
    const clock = simulatedClock(START)
    let ticks = 0
    const stop = onSchedule(every(1_000, clock).nextTimes, () => (ticks += 1), clock)
    clock.pass(3_500)
    stop()
    clock.pass(60_000)
    expect(ticks).toBe(3)
  })

  test('ticks once where a timer is early by the wall clock', () => {
    const { ticks } = ticksOf(30_000, (clock) => {
      for (let i = 0; i < 20; i++) {
        clock.pass(15_000)
        clock.setWallBy(-20)
      }
    })
    expect(ticks.length).toBe(10)
  })

  test.each([-HOUR, -DAY, 30 * DAY, 365 * DAY, 974 * 365 * DAY, -900, 900, -61_000, 61_000])(
    'F4: set by %d ms, goes on within an interval, and makes up for what was missed with one tick',
    (by) => {
      for (const interval of [1_000, 30_000, 5 * 60_000, DAY]) {
        const { ticks, asked, clock } = ticksOf(interval, (running) => {
          running.pass(interval * 2.3)
          running.setWallBy(by)
          running.pass(interval * 5)
        })
        expect(longestPause(ticks, clock.monotonicMs()), `interval ${interval}`).toBeLessThanOrEqual(
          interval + 1_000,
        )
        expect(ticks.length, `interval ${interval}`).toBeLessThanOrEqual(9)
        expect(asked, 'not once for each time that was missed').toBeLessThan(40)
      }
    },
  )

  test('F4: whatever the wall clock does, two ticks are never further apart than twice the interval, nor is the loop kept busy', () => {
    const step = fc.record({
      passMs: fc.integer({ min: 0, max: 200_000 }),
      by: fc.oneof(
        fc.constant(0),
        fc.integer({ min: -400 * DAY, max: 400 * DAY }),
        fc.integer({ min: -3_000, max: 3_000 }),
      ),
    })
    fc.assert(
      fc.property(
        fc.constantFrom(1_000, 30_000, 300_000),
        fc.array(step, { minLength: 1, maxLength: 60 }),
        (interval, steps) => {
          const { ticks, asked, clock } = ticksOf(interval, (running) => {
            for (const { passMs, by } of steps) {
              running.pass(passMs)
              running.setWallBy(by)
            }
          })
          const passed = clock.monotonicMs()
          expect(longestPause(ticks, passed)).toBeLessThanOrEqual(2 * interval)
          expect(asked).toBeLessThanOrEqual(3 * (passed / Math.min(interval, 60_000) + 2 * steps.length + 2))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('F4: a process that was stopped for a month ticks at once, and once', () => {
    const { ticks } = ticksOf(DAY, (clock) => {
      clock.pass(DAY)
      // The monotonic clock stands still meanwhile.
      clock.setWallBy(30 * DAY)
      clock.pass(60_000)
    })
    expect(ticks.length).toBe(2)
  })
})

test.each(['Europe/Vienna', 'America/New_York', 'Pacific/Apia', 'UTC'])(
  'F4: times are in UTC, whatever the zone of the machine: %s',
  (zone) => {
    const before = process.env.TZ
    process.env.TZ = zone
    try {
      const [first, second] = nextTimesOf('0 0 3 * * *')()
      expect(new Date(first).toISOString()).toMatch(/T03:00:00.000Z$/)
      expect(second - first).toBe(DAY)
    } finally {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
    }
  },
)
