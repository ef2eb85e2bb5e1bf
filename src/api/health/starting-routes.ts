import express, { type Router } from 'express'
import { serviceUnavailable } from '../../http/to-api-error.ts'
import { livezRoute } from './livez-route.ts'

/**
 * Answers while the service waits for its database and migrates it: `/livez` as always, everything else 503 with `Retry-After`. Seam
 * gets an answer that it understands, and a supervisor sees that the service is alive.
 */
export function startingRoutes(): Router {
  const router = express.Router()
  router.use(livezRoute())
  router.use(() => {
    throw serviceUnavailable('The service is starting: it waits for its database')
  })
  return router
}
