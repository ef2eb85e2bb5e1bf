import type { IncomingMessage } from 'node:http'
import { type Caller, hasScope } from '../domain/caller.ts'
import type { Admit } from './admit.ts'
import type { Authenticate } from './authenticate.ts'
import type { ReadBody } from './create-body-reader.ts'
import type { Share } from './create-fair-shares.ts'
import { readInput, type RequestInput } from './read-input.ts'
import { requireMethod } from './require-method.ts'
import { requireScope } from './require-scope.ts'
import type { CallerRoute, Prepared } from './route.ts'
import type { StreamLimits } from './stream-limits.ts'

/** What all routes for callers share. */
export interface CallerAccess {
  admit: Admit
  /** Asked again while a stream runs. */
  authenticate: Authenticate
  readBody: ReadBody
  /** Everything that queries the database waits here for its turn. */
  share: Share
  /** Aborts when the service begins to stop. */
  stopping: AbortSignal
  streamLimits: StreamLimits
}

/** Makes a function that checks the method and reads the parameters, once however often it is called: a body cannot be read twice. */
export function readOnce<Call, Answer>(
  { readBody }: CallerAccess,
  route: { methods: readonly string[]; read: (input: RequestInput) => Prepared<Call, Answer> },
  request: IncomingMessage,
): () => Promise<Prepared<Call, Answer>> {
  let reading: Promise<Prepared<Call, Answer>> | undefined
  const read = async (): Promise<Prepared<Call, Answer>> => {
    requireMethod(request, route.methods)
    return route.read(await readInput(request, readBody))
  }
  return () => (reading ??= read())
}

/** Throws 403 unless the caller has the scope that the route wants of its kind. */
export function requireScopeOf({ takes }: Pick<CallerRoute, 'takes'>, caller: Caller): void {
  const scope = takes[caller.kind] ?? null
  if (scope !== null) requireScope(caller, scope)
}

/** Whether this route's answer to this caller may contain secrets. */
export function maySeeSecrets(
  caller: Caller,
  { showsOwnToken = false }: Pick<CallerRoute, 'showsOwnToken'>,
): boolean {
  return caller.kind === 'key' ? hasScope(caller, 'secrets:read') : showsOwnToken
}
