import type { IncomingMessage } from 'node:http'
import type { Caller, CallerProof } from '../domain/caller.ts'
import { ApiError } from './api-error.ts'
import type { Authenticate } from './authenticate.ts'
import { noteCaller } from './noted-caller.ts'
import type { CallerRoute, TextAnswer } from './route.ts'

/** What is done for a caller. With a proof, its query must prove the caller, and its result says what came of it. */
export type WorkFor<Result> = (caller: Caller, proof: CallerProof | null) => Promise<Result>

/**
 * Finds out who calls and has the work done for it. Throws the 401 whose words are the same for every failed authentication, also for a
 * caller that the route does not take.
 */
export type Admit = <Result extends Pick<TextAnswer, 'headers' | 'proven'>>(
  request: IncomingMessage,
  route: Pick<CallerRoute, 'takes' | 'provesCaller'>,
  work: WorkFor<Result>,
) => Promise<{ caller: Caller; result: Result }>

/** Looks every caller up before the work begins. */
export function admitAuthenticated(authenticate: Authenticate): Admit {
  return async (request, { takes }, work) => {
    const caller = await authenticate(request)
    if (caller !== null) noteCaller(request, caller)
    if (caller === null || takes[caller.kind] === undefined)
      throw new ApiError(401, 'unauthorized', 'Unauthorized')
    return { caller, result: await work(caller, null) }
  }
}
