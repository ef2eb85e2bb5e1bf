import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Level, Logger } from 'pino'
import { isUuid } from '../domain/uuid.ts'
import type { AddressOf } from './address-of.ts'
import { REQUEST_ID_HEADER } from './error-body.ts'
import { notedCaller } from './noted-caller.ts'

/** Health checks are not logged: whatever keeps the service running sends one every few seconds. */
const QUIET = /^\/(?:livez|readyz)(?:\?|$)/
/** Stored deliveries are not logged: there are thousands, and the database records when each event came. */
const WEBHOOKS = '/webhooks/'
const MAX_LOGGED_PATH_LENGTH = 200
const MAX_LOGGED_WORD_LENGTH = 32

/**
 * Gives each request a UUID, in the header that SDKs read it from (contract, 5.1), and writes one line when it is done. The line
 * holds what is listed here and nothing else: headers, query strings and bodies carry keys, tokens, signatures and PINs (I9).
 *
 * pino-http is not used: it makes three loggers for each request, one of them with the whole request serialized, whatever it is told
 * to log. That took a third of a delivery's CPU time.
 */
export function logRequest(
  logger: Logger,
  addressOf: AddressOf,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const reqId = randomUUID()
  response.setHeader(REQUEST_ID_HEADER, reqId)
  const startedAt = performance.now()
  // Read now, because Express changes it.
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
        address: addressOf(request),
        ...notedCaller(request),
      },
      response.writableFinished ? 'Request answered' : 'Request aborted by the caller',
    )
  })
}

function levelOf(url: string, response: ServerResponse): Level {
  if (response.statusCode >= 500) return 'warn'
  const isStored = url.startsWith(WEBHOOKS) && response.statusCode < 300 && response.writableFinished
  return isStored || QUIET.test(url) ? 'debug' : 'info'
}

/**
 * Returns the path as far as it consists of words and UUIDs, which is what routes are made of; anything else becomes `…`. Nothing is
 * decoded or searched for keys: a key or PIN pasted into a path is no word, however it is spelled or encoded. A request target in
 * absolute form (`GET http://user:password@host/`) is not a path and is not logged.
 */
function pathOf(url: string): string {
  if (!url.startsWith('/')) return '*'
  const end = url.search(/[?#]/)
  const path = url.slice(0, Math.min(end === -1 ? url.length : end, MAX_LOGGED_PATH_LENGTH))
  return path
    .split('/')
    .map((segment) => (isWord(segment) || isUuid(segment) ? segment : '…'))
    .join('/')
}

/** Accepts lower-case letters, and digits only in `v1`. Every key and secret of Seam's and ours begins with `seam_` or `whsec_`. */
function isWord(segment: string): boolean {
  if (segment.length > MAX_LOGGED_WORD_LENGTH) return false
  return /^(?:[a-z]*(?:[-_.][a-z]+)*|v\d)$/.test(segment) && !/seam_|whsec_/.test(segment)
}
