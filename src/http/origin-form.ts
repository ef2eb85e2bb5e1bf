/** `scheme://authority`, of which the authority may hold a name and a password. */
const ORIGIN = /^https?:\/\/[^/?#]*/i

/**
 * A request's target as a path and a query. A caller may send the whole URL, as it would to a proxy, and every server must take that
 * (RFC 9112, 3.2.2); which host it names means nothing here. `//events/list` is a path of its own, and no route has it.
 */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const path = target.replace(ORIGIN, '')
  if (path === target) return target
  return path.startsWith('/') ? path : `/${path}`
}
