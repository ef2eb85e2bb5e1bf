import express, { type Router } from 'express'
import type { EventRoutesOptions } from './event-routes-options.ts'
import { getEventRoute } from './get-event-route.ts'
import { listEventsRoute } from './list-events-route.ts'

/** The endpoints that read events, in Seam's own wire format. */
export function eventRoutes(options: EventRoutesOptions): Router {
  return express.Router().use(listEventsRoute(options), getEventRoute(options))
}
