import type { IncomingMessage } from 'node:http'
import type { Caller } from '../domain/caller.ts'

const CALLER = Symbol('caller')

type Noted = IncomingMessage & { [CALLER]?: Caller }

/** Notes who sent a request, for its line in the log. */
export function noteCaller(request: IncomingMessage, caller: Caller): void {
  const noted: Noted = request
  noted[CALLER] = caller
}

/** What the log may say about the caller: the id in its key, or the session's id. Undefined for an unknown caller. */
export function notedCaller(
  request: IncomingMessage,
): { keyId: string } | { clientSessionId: string } | undefined {
  const { [CALLER]: caller }: Noted = request
  if (caller === undefined) return undefined
  return caller.kind === 'key' ? { keyId: caller.keyId } : { clientSessionId: caller.clientSessionId }
}
