import { explainDatabaseError, isCausedByDatabase } from './explain-database-error.ts'
import { canWaitingCure } from './postgres-errors.ts'

export interface DatabaseWait {
  /** How long to wait for an unreachable database; Infinity: until it is there. */
  waitMs: number
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Called before each pause with a sentence that says why the database cannot be used yet. */
  onWait: (reason: string, pauseMs: number) => void
  /** Ends the wait: the service was told to stop before it had started. */
  signal?: AbortSignal | undefined
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 5_000

/**
 * Does a step of the start as soon as the database can be reached, and does it again when the database goes away in the middle, because a
 * service and its database are often started together. What waiting does not cure (a wrong password, no such database, a missing right)
 * fails at once. Either way the error says in one sentence what to do.
 */
export async function whenReachable<Result>(
  step: () => Promise<Result>,
  { waitMs, sleep, onWait, signal }: DatabaseWait,
): Promise<Result> {
  const giveUpAt = performance.now() + waitMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await step()
    } catch (error) {
      if (signal?.aborted) throw toldToStop()
      // An error of ours, for example of a failed migration, may have the database's error as its cause.
      const isOfDatabase = canWaitingCure(error) || isCausedByDatabase(error)
      const cause = isOfDatabase ? error : error instanceof Error ? error.cause : null
      if (!canWaitingCure(cause)) throw isCausedByDatabase(cause) ? inOneSentence(error) : error
      const reason = explainDatabaseError(cause)
      if (performance.now() + pauseMs > giveUpAt) throw unreachable(reason)
      onWait(reason, pauseMs)
    }
    await sleep(pauseMs, signal)
    if (signal?.aborted) throw toldToStop()
  }
}

/** Leaves out the cause, because its text is in the sentence and would be shown twice. */
function inOneSentence(error: unknown): Error {
  return new Error(isCausedByDatabase(error) ? explainDatabaseError(error) : (error as Error).message)
}

function unreachable(reason: string): Error {
  return new Error(
    `The database cannot be reached: ${reason} Check DATABASE_URL, and that Postgres is running.`,
  )
}

function toldToStop(): Error {
  return new Error('The service was told to stop while it waited for the database.')
}
