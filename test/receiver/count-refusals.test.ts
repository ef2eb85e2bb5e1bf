import { describe, expect, test } from 'vitest'
import type { RefusedDeliveries } from '../../src/domain/refused-deliveries.ts'
import { createLogger } from '../../src/observability/create-logger.ts'
import { countRefusals } from '../../src/receiver/count-refusals.ts'

/** Refusals with a clock and timers of the test, and a store that can be away. */
function rig() {
  const lines: Record<string, unknown>[] = []
  const saved: (readonly RefusedDeliveries[])[] = []
  const timers: { ms: number; work: () => void }[] = []
  const state = { nowMs: Date.UTC(2026, 0, 1), isAway: false }
  const refusals = countRefusals({
    save: async (counted) => {
      if (state.isAway) throw new Error('away')
      saved.push(counted)
    },
    logger: createLogger('warn', {
      write: (line) => void lines.push(JSON.parse(line) as object as Record<string, unknown>),
    }),
    nowMs: () => state.nowMs,
    wait: (ms, work) => {
      const timer = { ms, work }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), 1)
    },
  })
  /** The next timer fires, and what it began has ended. */
  const tick = async (): Promise<number> => {
    const timer = timers.shift()
    timer?.work()
    await Promise.resolve()
    await Promise.resolve()
    return timer?.ms ?? -1
  }
  return { refusals, lines, saved, timers, state, tick }
}

const lastAt = '2026-01-01T00:00:00.000Z'

describe('F13, I11: refused deliveries', () => {
  test('are counted by reason, with the worst skew, and written down and logged soon after the first', async () => {
    const { refusals, saved, lines, tick } = rig()
    refusals.count('wrong_signature')
    refusals.count('too_old', 310)
    refusals.count('too_old', 640)
    refusals.count('too_old', 400)
    refusals.count('too_new', -900)
    expect(await tick()).toBeLessThanOrEqual(1_000)
    expect(saved).toEqual([
      [
        { reason: 'too_old', deliveries: 3, worstSkewSeconds: 640, lastAt },
        { reason: 'wrong_signature', deliveries: 1, worstSkewSeconds: null, lastAt },
        { reason: 'too_new', deliveries: 1, worstSkewSeconds: -900, lastAt },
      ],
    ])
    expect(lines).toMatchObject([
      { level: 40, refused: [{ reason: 'too_old', deliveries: 3, worstSkewSeconds: 640 }, {}, {}] },
    ])
    expect(refusals.pending()).toEqual([])
  })

  test('I12: are written once a minute at most, however many there are, and not at all while there are none', async () => {
    const { refusals, saved, lines, timers, tick } = rig()
    for (let i = 0; i < 10_000; i++) refusals.count('no_signature')
    await tick()
    for (let i = 0; i < 10_000; i++) refusals.count('no_signature')
    expect(timers).toHaveLength(1)
    expect(saved).toHaveLength(1)
    expect(refusals.pending()).toMatchObject([{ deliveries: 10_000 }])
    expect(await tick()).toBe(60_000)
    expect(saved).toHaveLength(2)
    expect(await tick()).toBe(60_000)
    expect([saved.length, lines.length, timers.length]).toEqual([2, 2, 0])
  })

  test('are counted on while the database is away, and logged once each', async () => {
    const { refusals, saved, lines, state, tick } = rig()
    state.isAway = true
    refusals.count('wrong_signature')
    await tick()
    refusals.count('wrong_signature')
    await tick()
    expect(refusals.pending()).toMatchObject([{ deliveries: 2 }])
    state.isAway = false
    await tick()
    expect(saved).toMatchObject([[{ deliveries: 2 }]])
    expect(lines.map(({ refused }) => refused)).toMatchObject([[{ deliveries: 1 }], [{ deliveries: 1 }]])
  })

  test('are written down at a stop, which leaves no timer', async () => {
    const { refusals, saved, timers } = rig()
    refusals.count('too_large')
    await refusals.stop()
    expect(saved).toMatchObject([[{ reason: 'too_large' }]])
    expect(timers).toEqual([])
  })
})
