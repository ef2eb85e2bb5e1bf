/**
 * Milliseconds from a failure to the next attempt: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h. Together with the first,
 * immediate attempt that makes eight attempts in about 27.6 hours (contract, section 14).
 */
const delaysMs: readonly number[] = [5, 300, 1800, 7200, 18_000, 36_000, 36_000].map(
  (seconds) => seconds * 1000,
)

/** The delay after this many failed attempts (1 or more). Undefined after the last attempt. */
export function retryDelayMs(failedAttempts: number, timeScale: number): number | undefined {
  const delay = delaysMs[failedAttempts - 1]
  return delay === undefined ? undefined : delay * timeScale
}

/** An endpoint must answer within 15 s (contract, section 14). The limit is scaled like the retries, but never below a second. */
export function attemptTimeoutMs(timeScale: number): number {
  return Math.max(1000, 15_000 * timeScale)
}
