import { describe, expect, test } from 'vitest'
import { RETRY_POLICY, withRetries } from '../../src/seam/with-retries.ts'
import { SeamError, type SeamErrorKind } from '../../src/seam/seam-error.ts'

const POLICY = { attempts: 4, firstDelayMs: 100, maxDelayMs: 5000 }

interface Script {
  /** What each attempt throws; after the last, the call succeeds. */
  failures: Error[]
  random?: number
  /** Aborts during the sleep with this index. */
  abortAtSleep?: number
}

async function run({ failures, random = 0, abortAtSleep }: Script) {
  const delays: number[] = []
  const signals: AbortSignal[] = []
  const controller = new AbortController()
  let attempts = 0
  const outcome = await withRetries(
    () => {
      const failure = failures[attempts]
      attempts += 1
      return failure === undefined ? Promise.resolve('done') : Promise.reject(failure)
    },
    POLICY,
    {
      sleep: (ms, signal) => {
        signals.push(signal)
        if (delays.length === abortAtSleep) controller.abort()
        delays.push(ms)
        return Promise.resolve()
      },
      random: () => random,
    },
    controller.signal,
  ).catch((error: unknown) => error)
  for (const signal of signals) expect(signal).toBe(controller.signal)
  return { outcome, attempts, delays }
}

const busy = (retryAfterMs: number | null) => new SeamError('busy', 'busy', { retryAfterMs })
const unavailable = new SeamError('unavailable', 'unavailable')

describe('calling Seam again', () => {
  test('is not done after a success', async () => {
    expect(await run({ failures: [] })).toEqual({ outcome: 'done', attempts: 1, delays: [] })
  })

  test.each<SeamErrorKind>(['busy', 'unavailable', 'bad_answer'])('is done after %s', async (kind) => {
    expect(await run({ failures: [new SeamError(kind, kind)] })).toMatchObject({
      outcome: 'done',
      attempts: 2,
    })
  })

  test.each<SeamErrorKind>(['credentials', 'rejected'])('is not done after %s', async (kind) => {
    const error = new SeamError(kind, kind, { retryAfterMs: 10 })
    expect(await run({ failures: [error] })).toEqual({ outcome: error, attempts: 1, delays: [] })
  })

  test('is not done after an error of our own', async () => {
    const error = new TypeError('ours')
    expect(await run({ failures: [error] })).toEqual({ outcome: error, attempts: 1, delays: [] })
  })

  test('ends after the last attempt, with its error', async () => {
    const last = new SeamError('bad_answer', 'the last')
    const failures = [unavailable, unavailable, unavailable, last, unavailable]
    expect(await run({ failures })).toMatchObject({ outcome: last, attempts: 4 })
  })

  test('waits twice as long each time, with jitter over the upper half', async () => {
    const failures = [unavailable, unavailable, unavailable]
    expect((await run({ failures, random: 0 })).delays).toEqual([50, 100, 200])
    expect((await run({ failures, random: 1 })).delays).toEqual([100, 200, 400])
  })

  test.each([
    ['longer than the backoff is honoured', 3000, 3000],
    ['shorter than it is not', 10, 50],
    ['absurd is cut down', 3_600_000, 5000],
    ['infinite is cut down', Number.POSITIVE_INFINITY, 5000],
    ['absent changes nothing', null, 50],
    ['of zero changes nothing', 0, 50],
  ])('Retry-After that is %s', async (_what, retryAfterMs, expected) => {
    expect((await run({ failures: [busy(retryAfterMs)] })).delays).toEqual([expected])
  })

  test('I14: is given up as soon as the service stops', async () => {
    const failures = [unavailable, unavailable, unavailable]
    expect(await run({ failures, abortAtSleep: 1 })).toMatchObject({ outcome: unavailable, attempts: 2 })
  })

  test('takes about ten seconds at most with the default policy, without Retry-After', () => {
    const { attempts, firstDelayMs, maxDelayMs } = RETRY_POLICY
    const delays = Array.from({ length: attempts - 1 }, (_, i) => Math.min(firstDelayMs * 2 ** i, maxDelayMs))
    expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeLessThanOrEqual(10_000)
  })
})
