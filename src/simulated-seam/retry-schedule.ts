/**
 * Milliseconds from a failure to the next attempt, for the attempts after the first: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h,
 * 10 h. With the immediate one that is eight attempts in about 27.6 hours (contract, section 14).
 */
const delaysMs: readonly number[] = [5, 300, 1800, 7200, 18_000, 36_000, 36_000].map(
  (seconds) => seconds * 1000,
)

/** The delay after this many failed attempts (1 or more); undefined when that was the last. */
export function retryDelayMs(failedAttempts: number, timeScale: number): number | undefined {
  const delay = delaysMs[failedAttempts - 1]
  return delay === undefined ? undefined : delay * timeScale
}

/** An endpoint must answer within 15 s (contract, section 14); scaled as the retries are, but not below a second. */
export function attemptTimeoutMs(timeScale: number): number {
  return Math.max(1000, 15_000 * timeScale)
}
