import express, { type Router } from 'express'
import type { Authenticate } from '../http/authenticate.ts'
import type { Db } from '../store/open-database.ts'
import { getEventRoute } from './get-event-route.ts'
import { listEventsRoute } from './list-events-route.ts'

/** The endpoints that read events, in Seam's own wire format. */
export function eventRoutes(options: { db: Db; authenticate: Authenticate }): Router {
  return express.Router().use(listEventsRoute(options), getEventRoute(options))
}
