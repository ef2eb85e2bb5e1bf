import type { IncomingMessage } from 'node:http'
import type { Caller } from '../domain/caller.ts'

/**
 * Finds out who calls. Returns null for a credential that is missing, malformed or wrong; the caller is never told which. Throws an
 * ApiError when this cannot be found out now, or when the caller did not say which workspace it means.
 */
export type Authenticate = (request: IncomingMessage) => Caller | null | Promise<Caller | null>
