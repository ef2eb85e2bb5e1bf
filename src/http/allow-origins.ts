import type { IncomingMessage, ServerResponse } from 'node:http'

/** Puts CORS headers on an answer; true when the request was a preflight, which is answered with that. */
export type AllowOrigins = (request: IncomingMessage, response: ServerResponse) => boolean

/** What SDKs send (contract, 2.1), and what Seam's own list has beside it. */
const ALLOWED_HEADERS = [
  'accept',
  'authorization',
  'client-session-token',
  'content-type',
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
/** Of our own headers, those that a page may read. */
const EXPOSED_HEADERS = 'seam-request-id, seam-mirror-ignored-parameters, retry-after'
/** For so long a browser does not ask again; Chrome takes no more. */
const PREFLIGHT_SECONDS = 7200

/**
 * Lets pages of these origins, and no others, read answers, errors among them. The origin is echoed and credentials are allowed, because
 * the SDK sends a client session's requests with them, and browsers then take no `*` (contract, 2.1).
 *
 * A browser sends no credential with a preflight, so that is answered before anybody is authenticated, to pages of every origin: for
 * others without the headers, which is how a browser is told no.
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

/** What only a browser asks, before a request of a page on another origin. */
function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}
