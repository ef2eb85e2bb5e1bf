/** Matches `scheme://authority`; the authority may hold a user name and a password. */
const ORIGIN = /^https?:\/\/[^/?#]*/i

/**
 * Returns a request's target as path and query. A caller may send the whole URL, as it would to a proxy, and every server must accept
 * that (RFC 9112, 3.2.2); the host in it has no meaning here. `//events/list` is a path of its own, which no route has.
 */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const path = target.replace(ORIGIN, '')
  if (path === target) return target
  return path.startsWith('/') ? path : `/${path}`
}
