import { postgresErrorKind } from './postgres-errors.ts'

/** It is unlikely that two transactions meet again after a deadlock. Three times in a row means that something else is wrong. */
const ATTEMPTS = 3

/**
 * Runs a transaction again when Postgres has ended it in favour of another one (deadlock, serialization failure), or when it met a
 * server that takes no writes any more. In both cases nothing of it was stored. `work` must be a whole transaction.
 */
export async function retryConflicts<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= ATTEMPTS || postgresErrorKind(error) !== 'retry') throw error
    }
  }
}
