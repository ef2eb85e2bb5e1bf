import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import type { Logger } from 'pino'
import { pinoHttp } from 'pino-http'
import { REQUEST_ID_HEADER } from './error-body.ts'

/** Asked every few seconds by whatever keeps the service running: not worth a line each. */
const QUIET_PATHS = new Set(['/livez', '/readyz'])
const MAX_LOGGED_PATH_LENGTH = 200

/**
 * Gives each request a UUID (`request.id`, and the header that SDKs read it from: contract, 5.1) and a logger that carries
 * it as `reqId`, and writes one line when it is done. The line holds what is listed here and nothing else: headers, query
 * strings and bodies carry keys, tokens, signatures and PINs (I9).
 */
export function logRequests(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    genReqId: (_request, response) => {
      const id = randomUUID()
      response.setHeader(REQUEST_ID_HEADER, id)
      return id
    },
    quietReqLogger: true,
    quietResLogger: true,
    wrapSerializers: false,
    customLogLevel: (request, response) => {
      if (QUIET_PATHS.has(pathOf(request))) return 'debug'
      return response.statusCode < 500 ? 'info' : 'warn'
    },
    customAttributeKeys: { responseTime: 'durationMs' },
    customSuccessObject: (request, response, { durationMs }: { durationMs: number }) =>
      line(request, response, durationMs),
    customErrorObject: (request, response, _error, { durationMs }: { durationMs: number }) =>
      line(request, response, durationMs),
    customSuccessMessage: (_request, response) =>
      response.writableFinished ? 'Request answered' : 'Request aborted by the caller',
    customErrorMessage: () => 'Request failed',
  })
}

function line(
  request: IncomingMessage,
  response: { statusCode: number; headersSent: boolean },
  durationMs: number,
): object {
  return {
    method: request.method,
    path: pathOf(request),
    status: response.headersSent ? response.statusCode : null,
    durationMs,
  }
}

/** A request target in absolute form (`GET http://user:password@host/`) is not a path and is not logged. */
function pathOf(request: IncomingMessage): string {
  const url = (request as { originalUrl?: string }).originalUrl ?? request.url ?? ''
  if (!url.startsWith('/')) return '*'
  const path = (url.split(/[?#]/, 1)[0] ?? '').slice(0, MAX_LOGGED_PATH_LENGTH)
  // No route has a key in its path, but somebody may have pasted one there.
  return path.replaceAll(/(seam|whsec)_[^/]*/g, '$1_…')
}
