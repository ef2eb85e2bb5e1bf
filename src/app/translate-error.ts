import type { ApiError } from '../http/api-error.ts'
import { serviceUnavailable } from '../http/to-api-error.ts'
import { isDatabaseAway, tookTooLong } from '../postgres/postgres-errors.ts'

/** Turns a database error into the answer for a caller; null for any other error. */
export function translateError(error: unknown): ApiError | null {
  if (tookTooLong(error))
    return serviceUnavailable('The database took too long to answer: ask for less, or try again later', error)
  return isDatabaseAway(error) ? serviceUnavailable('The database cannot be reached right now', error) : null
}
