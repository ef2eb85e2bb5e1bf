import type { IncomingMessage } from 'node:http'
import type { Caller, ProvableCaller } from '../domain/caller.ts'

/**
 * Finds out who calls; null for a credential that is missing, malformed or wrong (the caller is never told which). Throws an
 * ApiError when that can't be found out now, or when the caller left out which workspace it means.
 */
export type Authenticate = (request: IncomingMessage) => Caller | null | Promise<Caller | null>

/** Who sent this credential a moment ago; null when that is not known. */
export type Recall = (request: IncomingMessage) => ProvableCaller | null
