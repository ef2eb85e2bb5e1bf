import { SeamError } from './seam-error.ts'

export interface RetryPolicy {
  attempts: number
  firstDelayMs: number
  maxDelayMs: number
}

/** Four attempts within about ten seconds. Afterwards the next run of the schedule is as good as another attempt. */
export const RETRY_POLICY: RetryPolicy = { attempts: 4, firstDelayMs: 500, maxDelayMs: 15_000 }

export interface Waiting {
  /** Resolves after `ms`, or at once when the signal fires. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** A number from 0 (included) to 1 (excluded), for jitter. */
  random: () => number
}

/**
 * Calls again after a failure that may pass: `busy`, `unavailable`, `too_large` or `bad_answer`. The delay doubles each time. Its upper half
 * is random, so that many processes do not return at the same moment. A longer `Retry-After` is honoured up to `maxDelayMs`.
 */
export async function withRetries<Result>(
  call: () => Promise<Result>,
  policy: RetryPolicy,
  { sleep, random }: Waiting,
  signal: AbortSignal,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const mayPass = error instanceof SeamError && error.kind !== 'credentials' && error.kind !== 'rejected'
      if (!mayPass || attempt >= policy.attempts || signal.aborted) throw error
      const backoffMs = policy.firstDelayMs * 2 ** (attempt - 1) * (0.5 + random() / 2)
      await sleep(Math.min(Math.max(backoffMs, error.retryAfterMs ?? 0), policy.maxDelayMs), signal)
      if (signal.aborted) throw error
    }
  }
}
