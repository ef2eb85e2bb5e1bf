import { expect, test } from 'vitest'

import { attemptTimeoutMs, retryDelayMs } from '../../src/simulated-seam/retry-schedule.ts'

const failures = [1, 2, 3, 4, 5, 6, 7]

test('eight attempts are made within 27.6 hours', () => {
  const delays = failures.map((failed) => retryDelayMs(failed, 1) ?? 0)
  expect(delays.slice(0, 2)).toEqual([5000, 300_000])
  expect(delays.reduce((sum, delay) => sum + delay, 0) / 3_600_000).toBeCloseTo(27.6, 1)
  expect(retryDelayMs(8, 1)).toBeUndefined()
})

test('the time scale shortens delays, and the timeout down to a second', () => {
  expect(retryDelayMs(1, 0.001)).toBe(5)
  expect(attemptTimeoutMs(1)).toBe(15_000)
  expect(attemptTimeoutMs(0.001)).toBe(1000)
})
