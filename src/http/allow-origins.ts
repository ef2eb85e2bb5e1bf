import type { IncomingMessage, ServerResponse } from 'node:http'

/** Puts CORS headers on an answer. Returns true when the request was a preflight, which is then already answered. */
export type AllowOrigins = (request: IncomingMessage, response: ServerResponse) => boolean

/** The headers that SDKs send (contract, 2.1), the others on Seam's own list, and that of a reader of server-sent events that comes back. */
const ALLOWED_HEADERS = [
  'accept',
  'authorization',
  'client-session-token',
  'content-type',
  'last-event-id',
  'seam-api-key',
  'seam-client-session-token',
  'seam-lts-version',
  'seam-publishable-key',
  'seam-sdk-name',
  'seam-sdk-version',
  'seam-user-identifier-key',
  'seam-workspace',
  'user-agent',
  'x-requested-with',
].join(', ')
const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'
/** The headers of ours that a page may read. */
const EXPOSED_HEADERS = [
  'seam-request-id',
  'seam-mirror-ignored-parameters',
  'seam-mirror-complete',
  'seam-mirror-complete-from',
  'seam-mirror-complete-until',
  'seam-mirror-export',
  'retry-after',
].join(', ')
/** How long a browser may reuse a preflight's answer; Chrome accepts no more. */
const PREFLIGHT_SECONDS = 7200

/**
 * Lets pages of these origins, and no others, read answers, including errors. The origin is echoed and credentials are allowed,
 * because the SDK sends a client session's requests with credentials, and browsers then refuse `*` (contract, 2.1).
 *
 * Browsers send no credential with a preflight, so it is answered before authentication, whatever its origin. A page of another
 * origin gets no CORS headers, which a browser takes as a refusal.
 */
export function createAllowOrigins(origins: readonly string[]): AllowOrigins {
  const allowed = new Set(origins)
  return (request, response) => {
    const { origin } = request.headers
    if (allowed.size > 0) response.appendHeader('vary', 'origin')
    const isAllowed = origin !== undefined && allowed.has(origin)
    if (isAllowed) {
      response.setHeader('access-control-allow-origin', origin)
      response.setHeader('access-control-allow-credentials', 'true')
      response.setHeader('access-control-expose-headers', EXPOSED_HEADERS)
    }
    if (!isPreflight(request)) return false
    if (isAllowed) {
      response.setHeader('access-control-allow-methods', ALLOWED_METHODS)
      response.setHeader('access-control-allow-headers', ALLOWED_HEADERS)
      response.setHeader('access-control-max-age', PREFLIGHT_SECONDS)
    }
    response.writeHead(204).end()
    return true
  }
}

/** Only browsers send preflights, before a request from a page of another origin. */
function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}
