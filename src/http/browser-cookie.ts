import type { IncomingMessage } from 'node:http'
import { isSecure } from './browser-origin.ts'

/**
 * The cookie's name where it goes over TLS. Browsers take `__Host-` only with `Secure` and `Path=/`, without `Domain`, and from this very
 * host, so no neighbour below the same domain can plant one.
 */
const SECURE_NAME = '__Host-seam-mirror'
/** Its name on http://localhost, where not all browsers keep a `Secure` cookie. */
const LOCAL_NAME = 'seam-mirror'

/**
 * Reads the session's cookie. Undefined when there is none; null when there are several, because then somebody else has planted one (a
 * browser never has two of ours), and nothing says which.
 */
export function readSessionCookie(request: IncomingMessage): string | null | undefined {
  const { cookie } = request.headers
  if (cookie === undefined) return undefined
  const start = `${nameFor(request)}=`
  const [value, another] = cookie
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each.startsWith(start))
    .map((each) => each.slice(start.length))
  return another === undefined ? value : null
}

/** `Set-Cookie` that begins a session in this browser. No page can read the cookie, and no page of another site makes it be sent. */
export function sessionCookie(request: IncomingMessage, value: string, maxAgeSeconds: number): string {
  const secure = isSecure(request) ? '; Secure' : ''
  return `${nameFor(request)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`
}

/** `Set-Cookie` that removes it. */
export function endedSessionCookie(request: IncomingMessage): string {
  return sessionCookie(request, '', 0)
}

function nameFor(request: IncomingMessage): string {
  return isSecure(request) ? SECURE_NAME : LOCAL_NAME
}
