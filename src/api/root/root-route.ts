import { pathsForCallers } from '../../http/create-http-app.ts'
import type { OpenRoute, Route } from '../../http/route.ts'

/** `GET /`: says what this service is and where it is described, for people who come across it without having read about it. */
export function rootRoute(others: readonly Route[]): OpenRoute {
  const text = JSON.stringify({
    name: 'seam-mirror',
    what: "A copy of a Seam workspace's events and client sessions, in Seam's own wire format.",
    description:
      "The README of seam-mirror; the endpoints that Seam has as well, in Seam's documentation: https://docs.seam.co/latest/api",
    endpoints: pathsForCallers(others),
    ok: true,
  })
  return {
    kind: 'open',
    path: '/',
    methods: ['GET'],
    summary: 'what this is, and which endpoints it serves; all other paths are answered 404',
    answer: () => ({ text }),
  }
}
