import express, { type Router } from 'express'
import { serviceUnavailable } from '../../http/to-api-error.ts'
import { livezRoute } from './livez-route.ts'

/**
 * What is answered while the service waits for its database and migrates it: `/livez` as always, everything else 503 with
 * `Retry-After`. So Seam gets an answer that it understands, and whatever keeps the service running sees that it is alive.
 */
export function startingRoutes(): Router {
  const router = express.Router()
  router.use(livezRoute())
  router.use(() => {
    throw serviceUnavailable('The service is starting: it waits for its database')
  })
  return router
}
