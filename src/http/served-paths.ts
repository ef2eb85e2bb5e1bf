import type { Router } from 'express'

/** The paths that these routers answer, in the routers' order. */
export function servedPaths(routers: readonly Router[]): string[] {
  return routers.flatMap(({ stack }) =>
    stack.flatMap(({ route, handle }) =>
      route === undefined
        ? servedPaths('stack' in handle ? [handle as unknown as Router] : [])
        : [route.path],
    ),
  )
}
