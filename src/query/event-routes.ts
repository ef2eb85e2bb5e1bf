import express, { type Router } from 'express'
import type { Authenticate } from '../http/authenticate.ts'
import type { PageCursors } from '../http/page-cursor.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { Db } from '../store/open-database.ts'
import { getEventRoute } from './get-event-route.ts'
import { listEventsRoute } from './list-events-route.ts'

export interface EventRoutesOptions {
  db: Db
  authenticate: Authenticate
  /** Opens what `secrets:read` may see; null when nothing was sealed. */
  keyring: Keyring | null
  pageCursors: PageCursors
}

/** The endpoints that read events, in Seam's own wire format. */
export function eventRoutes(options: EventRoutesOptions): Router {
  return express.Router().use(listEventsRoute(options), getEventRoute(options))
}
