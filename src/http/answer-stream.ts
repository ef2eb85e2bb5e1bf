import { setMaxListeners } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import type { Request, Response } from 'express'
import type { Caller } from '../domain/caller.ts'
import { ApiError } from './api-error.ts'
import { type CallerAccess, maySeeSecrets, readOnce, requireScopeOf } from './caller-access.ts'
import { NO_STORE } from './error-body.ts'
import { createOpenStreams } from './open-streams.ts'
import type { StreamAnswer, StreamEnd, StreamRoute } from './route.ts'
import { gzipped, sendAsTheyCome } from './send-as-they-come.ts'
import { acceptsGzip } from './send-text-answer.ts'

type SendStream = (route: StreamRoute, request: Request, response: Response) => Promise<void>

/**
 * Makes the way of an answer that is a stream. The socket's own limit on silence (start-http-server.ts) applies: a stream with nothing to
 * say sends something all the same, more often than that. It runs beside the queries: only what it asks the database takes a turn.
 */
export function createStreamSender(access: CallerAccess): SendStream {
  const { admit, share, streamLimits: limits } = access
  const open = createOpenStreams(limits)
  let compressed = 0
  // Every stream listens, and there may be more of them than Node takes for a leak.
  setMaxListeners(0, access.stopping)

  return async (route, request, response) => {
    const read = readOnce(access, route, request)
    const ending = new AbortController()
    response.on('close', () => ending.abort('left' satisfies StreamEnd))
    const releases: (() => void)[] = []
    try {
      const { caller, result } = await admit(request, route, async (admitted) => {
        const { headers, answer } = await read()
        requireScopeOf(route, admitted)
        releases.push(open.enter(admitted))
        const inTurn = <Result>(work: () => Promise<Result>) => share(admitted, work)
        const lastEventId = lastEventIdOf(request)
        const stream = await answer({ caller: admitted, lastEventId, signal: ending.signal, inTurn })
        return { ...stream, headers: { ...headers, ...stream.headers } }
      })
      releases.push(watch(access, { caller, request, response, ending }))
      const isWanted =
        result.compress === 'always' || (result.compress === 'if_accepted' && acceptsGzip(request, response))
      const isCompressed = isWanted && !maySeeSecrets(caller, route) && compressed < limits.compressed
      if (isCompressed) {
        compressed += 1
        releases.push(() => void (compressed -= 1))
      }
      await send(response, result, isCompressed)
    } catch (error) {
      // What waits with the signal rejects when it aborts. Then the answer ends before its end, and must not look whole.
      if (!response.headersSent || !ending.signal.aborted) throw error
      response.destroy()
    } finally {
      for (const release of releases) release()
    }
  }
}

function lastEventIdOf({ headers }: Request): string | null {
  const id = headers['last-event-id']
  return typeof id === 'string' && id !== '' ? id : null
}

async function send(
  response: Response,
  { contentType, headers = {}, chunks }: StreamAnswer,
  isCompressed: boolean,
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (isCompressed) response.setHeader('content-encoding', 'gzip')
  response.setHeader('content-type', contentType)
  response.setHeader('cache-control', NO_STORE)
  response.flushHeaders()
  if (response.req.method === 'HEAD') response.end()
  else await sendAsTheyCome(response, isCompressed ? gzipped(chunks) : chunks)
}

interface Watched {
  caller: Caller
  request: Request
  response: Response
  ending: AbortController
}

/** Ends a stream when the service stops, or when its caller is not who it was. Returns what stops the watching. */
function watch(
  { authenticate, stopping, streamLimits: { recheckMs, lastMessageMs } }: CallerAccess,
  { caller, request, response, ending }: Watched,
): () => void {
  let cutting: NodeJS.Timeout | undefined
  const end = (reason: StreamEnd): void => {
    ending.abort(reason)
    cutting ??= setTimeout(() => response.destroy(), lastMessageMs)
  }
  const recheck = async (): Promise<void> => {
    try {
      if (!isDeepStrictEqual(await authenticate(request), caller)) end('revoked')
    } catch (error) {
      // While the database is away nobody knows, and nothing of it is sent either.
      if (error instanceof ApiError && error.status < 500) end('revoked')
    }
  }
  const stop = (): void => end('stopping')
  const rechecking = setInterval(() => void recheck(), recheckMs)
  stopping.addEventListener('abort', stop)
  if (stopping.aborted) stop()
  return () => {
    clearInterval(rechecking)
    clearTimeout(cutting)
    stopping.removeEventListener('abort', stop)
  }
}
