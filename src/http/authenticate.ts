import type { IncomingMessage } from 'node:http'
import type { Caller, ProvableCaller } from '../domain/caller.ts'

/**
 * Finds out who calls. Returns null for a credential that is missing, malformed or wrong; the caller is never told which. Throws an
 * ApiError when this can't be found out now, or when the caller did not say which workspace it means.
 */
export type Authenticate = (request: IncomingMessage) => Caller | null | Promise<Caller | null>

/** Returns the caller that sent this credential a moment ago; null when none is remembered. */
export type Recall = (request: IncomingMessage) => ProvableCaller | null
