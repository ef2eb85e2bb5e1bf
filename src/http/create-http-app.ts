import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import express, { type Express, type Router } from 'express'
import type { Logger } from 'pino'
import { createAllowOrigins } from './allow-origins.ts'
import { ApiError } from './api-error.ts'
import { type AddressOf, createAddressOf } from './address-of.ts'
import { type AnswerError, answerError } from './answer-error.ts'
import { logRequest } from './log-request.ts'
import { originForm } from './origin-form.ts'
import { rootRoute } from './root-route.ts'
import { servedPaths } from './served-paths.ts'
import type { TranslateError } from './to-api-error.ts'

/**
 * A route that is asked before Express, for requests that come by the thousand: by the profile Express and its router took an eighth
 * of a delivery's time. Null: not one of its paths. What the promise rejects with is answered like any other error.
 */
export type DirectRoute = (request: IncomingMessage, response: ServerResponse) => Promise<void> | null

export interface HttpAppOptions {
  logger: Logger
  direct?: readonly DirectRoute[]
  /** The routes of each feature, asked in this order. */
  routers: readonly Router[]
  /** Origins whose pages may read answers; webhooks are no affair of theirs. */
  corsOrigins?: readonly string[]
  /** Turns an error of a layer below into an answer (the database being away into 503); null for an unknown one. */
  translateError?: TranslateError
  /** What the log says of where a request came from. */
  addressOf?: AddressOf
}

/** What every request goes through, around the features' own routes: request id, log, CORS, 404, errors in Seam's shape. */
export function createHttpApp(options: HttpAppOptions): RequestListener {
  const {
    logger,
    direct = [],
    routers,
    corsOrigins = [],
    translateError = () => null,
    addressOf = createAddressOf(null),
  } = options
  const fail = answerError(logger, translateError)
  const allowOrigins = createAllowOrigins(corsOrigins)
  const app = createExpressApp(routers, fail)
  return (request, response) => {
    request.url = originForm(request.url ?? '')
    logRequest(logger, addressOf, request, response)
    for (const route of direct) {
      const answered = route(request, response)
      if (answered === null) continue
      answered.catch((error: unknown) => fail(error, response))
      return
    }
    if (!allowOrigins(request, response)) app(request, response)
  }
}

function createExpressApp(routers: readonly Router[], fail: AnswerError): Express {
  const app = express()
  app.disable('x-powered-by')
  // An ETag costs a hash of every answer, and a 304 has no response key: SDKs would see an invalid response (contract, 4).
  app.disable('etag')
  // Queries are read by read-params.ts, which knows the parameters' kinds.
  app.set('query parser', false)
  const paths = servedPaths(routers)
  for (const router of [...routers, rootRoute(paths)]) app.use(router)
  const served = `Served here: ${paths.join(', ')}. All other endpoints are Seam's own: ask Seam for them.`
  app.use(({ path }) => {
    throw new ApiError(404, 'not_found', `No such route: ${path.slice(0, 200)}. ${served}`)
  })
  // Four parameters are how Express knows an error handler.
  app.use(
    (error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) =>
      fail(error, response),
  )
  return app
}
