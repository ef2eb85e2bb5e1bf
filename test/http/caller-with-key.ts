import type { Caller } from '../../src/domain/caller.ts'
import type { Authenticate } from '../../src/http/authenticate.ts'

/** Whoever sends the key is the caller; for tests of what lies behind authentication. */
export function callerWithKey(key: string, caller: Caller): Authenticate {
  return ({ headers }) => (headers.authorization === `Bearer ${key}` ? caller : null)
}
