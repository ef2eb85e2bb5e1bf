import { isDatabaseAway } from './postgres-errors.ts'

export interface DatabaseWait {
  /** For how long an unreachable database is waited for. */
  waitMs: number
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  onWait: (error: unknown) => void
  /** Ends the wait: the service was told to stop before it had started. */
  signal?: AbortSignal | undefined
}

const RETRY_MS = 1000

/**
 * Does a step of the start as soon as the database can be reached, and again when it goes away in the middle: a service and its
 * database are often started together. Everything but being unreachable fails at once.
 */
export async function whenReachable<Result>(
  step: () => Promise<Result>,
  { waitMs, sleep, onWait, signal }: DatabaseWait,
): Promise<Result> {
  const giveUpAt = performance.now() + waitMs
  for (;;) {
    try {
      return await step()
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
      if (!isDatabaseAway(cause)) throw error
      if (performance.now() > giveUpAt) {
        throw new Error(
          `The database could not be reached for ${waitMs / 1000} seconds. Check DATABASE_URL.`,
          {
            cause: error,
          },
        )
      }
      onWait(cause)
      await sleep(RETRY_MS, signal)
      if (signal?.aborted) throw new Error('Told to stop while waiting for the database.', { cause: error })
    }
  }
}
