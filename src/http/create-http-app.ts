import express, { type Express, type Router } from 'express'
import type { Logger } from 'pino'
import { ApiError } from './api-error.ts'
import { logRequests } from './log-requests.ts'
import { sendError } from './send-error.ts'
import type { TranslateError } from './to-api-error.ts'

export interface HttpAppOptions {
  logger: Logger
  /** The routes of each feature, asked in this order. */
  routers: readonly Router[]
  /** Turns an error of a layer below into an answer (the database being away into 503); null for an unknown one. */
  translateError?: TranslateError
}

/** What every request goes through, around the features' own routes: request id, log, 404, errors in Seam's shape. */
export function createHttpApp({ logger, routers, translateError = () => null }: HttpAppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  // An ETag costs a hash of every answer, and a 304 has no response key: SDKs would see an invalid response (contract, 4).
  app.disable('etag')
  // Queries are read by read-params.ts, which knows the parameters' kinds.
  app.set('query parser', false)
  app.use(logRequests(logger))
  for (const router of routers) app.use(router)
  app.use((request) => {
    throw new ApiError(404, 'not_found', `No such route: ${request.path.slice(0, 200)}`)
  })
  app.use(sendError(logger, translateError))
  return app
}
