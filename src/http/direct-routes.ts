import type { DirectRoute } from './route.ts'

/** The route that a request's target belongs to, and what stands at its `:name`; null for a path of no direct route. */
export type FindDirectRoute = (target: string) => { route: DirectRoute; segment: string | null } | null

/**
 * Makes the dispatcher that stands before Express. It looks a path up twice at most: as it is, and without its last segment. It spares a
 * delivery Express and its router, which took 12 % of its time in a profile.
 */
export function createDirectRoutes(routes: readonly DirectRoute[]): FindDirectRoute {
  const byPath = new Map<string, DirectRoute>()
  const byParent = new Map<string, DirectRoute>()
  for (const route of routes) {
    const [, parent] = /^(.*)\/:\w+$/.exec(route.path) ?? []
    if (parent === undefined) byPath.set(route.path, route)
    else byParent.set(parent, route)
  }
  return (target) => {
    const mark = target.indexOf('?')
    const end = mark === -1 ? target.length : mark
    // As Express does, a slash at the end counts for nothing.
    const path = target.slice(0, target[end - 1] === '/' ? end - 1 : end)
    const whole = byPath.get(path)
    if (whole !== undefined) return { route: whole, segment: null }
    const cut = path.lastIndexOf('/')
    const route = byParent.get(path.slice(0, cut))
    return route === undefined ? null : { route, segment: path.slice(cut + 1) }
  }
}
