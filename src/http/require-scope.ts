import { type Caller, hasScope, type Scope } from '../domain/caller.ts'
import { ApiError } from './api-error.ts'

/**
 * Throws 403 `insufficient_scope` unless the caller is a key that has the scope. The credential itself is valid, so this is not
 * a 401, after which clients would throw theirs away (contract 5.2). A client session has no scopes: a route that accepts one
 * decides about it beforehand.
 */
export function requireScope(caller: Caller, scope: Scope): void {
  if (hasScope(caller, scope)) return
  throw new ApiError(403, 'insufficient_scope', `This needs a key with the scope ${scope}`)
}
