import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Level, Logger } from 'pino'
import { REQUEST_ID_HEADER } from './error-body.ts'

/** Asked every few seconds by whatever keeps the service running: not worth a line each. */
const QUIET_PATHS = new Set(['/livez', '/readyz'])
/** Nor is a delivery that was stored: there are thousands, and the database tells of each when it came. */
const WEBHOOKS = '/webhooks/'
const MAX_LOGGED_PATH_LENGTH = 200

/**
 * Gives each request a UUID, in the header that SDKs read it from (contract, 5.1), and writes one line when it is done. The line
 * holds what is listed here and nothing else: headers, query strings and bodies carry keys, tokens, signatures and PINs (I9).
 *
 * Not pino-http: it makes three loggers for each request, one of them with the whole request serialized, whatever is asked of it:
 * a third of the CPU time of a delivery.
 */
export function logRequest(logger: Logger, request: IncomingMessage, response: ServerResponse): void {
  const reqId = randomUUID()
  response.setHeader(REQUEST_ID_HEADER, reqId)
  const startedAt = performance.now()
  // As it was sent: Express changes it.
  const { url = '' } = request
  response.on('close', () => {
    const level = levelOf(url, response)
    if (!logger.isLevelEnabled(level)) return
    logger[level](
      {
        reqId,
        method: request.method,
        path: pathOf(url),
        status: response.headersSent ? response.statusCode : null,
        durationMs: Math.round(performance.now() - startedAt),
      },
      response.writableFinished ? 'Request answered' : 'Request aborted by the caller',
    )
  })
}

function levelOf(url: string, response: ServerResponse): Level {
  if (response.statusCode >= 500) return 'warn'
  const isStored = url.startsWith(WEBHOOKS) && response.statusCode < 300 && response.writableFinished
  return isStored || QUIET_PATHS.has(pathOf(url)) ? 'debug' : 'info'
}

/** A request target in absolute form (`GET http://user:password@host/`) is not a path and is not logged. */
function pathOf(url: string): string {
  if (!url.startsWith('/')) return '*'
  const path = (url.split(/[?#]/, 1)[0] ?? '').slice(0, MAX_LOGGED_PATH_LENGTH)
  // No route has a key in its path, but somebody may have pasted one there.
  return path.replaceAll(/(seam|whsec)_[^/]*/g, '$1_…')
}
