import type { IncomingMessage } from 'node:http'
import { ApiError } from './api-error.ts'

/** What browsers take for this machine, with a port or without. */
const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

/**
 * Whether the browser's page comes over TLS: everywhere but on http://localhost. Elsewhere TLS is assumed, because a proxy that opens it
 * may not say so; a page without TLS then gets a cookie that its browser refuses. `X-Forwarded-Proto` needs no trust: it can only make the
 * cookie stricter, and a page of another site can't have it sent.
 */
export function isSecure({ headers }: IncomingMessage): boolean {
  const proto = headers['x-forwarded-proto']
  if (typeof proto === 'string' && /^https\b/i.test(proto)) return true
  return !LOCAL_HOST.test(headers.host ?? '')
}

/** Methods that change nothing. */
const SAFE_METHODS = new Set(['GET', 'HEAD'])

/**
 * For requests whose credential the browser adds by itself: throws 403 unless a page of this very origin made the request, or it can change
 * nothing. `SameSite` is not enough, because a page of a sibling domain, or of another port, is of the same site.
 */
export function requireSameOrigin(request: IncomingMessage): void {
  if (SAFE_METHODS.has(request.method ?? '') || isSameOrigin(request)) return
  throw new ApiError(
    403,
    'cross_origin_request',
    'With a cookie, only pages of this origin may send anything but GET and HEAD',
  )
}

/** Browsers have sent `Sec-Fetch-Site` since 2023 at the latest, and no page can change it. Older ones send `Origin` with every POST. */
function isSameOrigin(request: IncomingMessage): boolean {
  const { host, origin, 'sec-fetch-site': site } = request.headers
  if (site !== undefined) return site === 'same-origin'
  if (origin === undefined || host === undefined) return false
  return origin.toLowerCase() === `${isSecure(request) ? 'https' : 'http'}://${host.toLowerCase()}`
}
