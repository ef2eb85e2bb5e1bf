/**
 * How often a question is asked before an export is given up, a second apart: a restart of Postgres is over by then, and the reader is not
 * cut off for silence (30 s).
 */
const ATTEMPTS = 15
const WAIT_MS = 1_000

export interface AskAgainOptions {
  /** Whether the same question may have an answer soon. */
  mayPass: (error: unknown) => boolean
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Ends the waiting. */
  signal?: AbortSignal | undefined
}

/** Asks again while an error may pass. A page is the same whenever it is read, and half a download of an hour helps nobody. */
export async function askAgain<Result>(
  { mayPass, sleep, signal }: AskAgainOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      if (attempt >= ATTEMPTS || !mayPass(error)) throw error
      await sleep(WAIT_MS, signal)
    }
  }
}
