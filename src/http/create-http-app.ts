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
 * A route that is tried before Express, for requests that come by the thousand: in a profile, Express and its router took an eighth
 * of a delivery's time. Returns null for a path that is not its own. A rejection is answered like any other error.
 */
export type DirectRoute = (request: IncomingMessage, response: ServerResponse) => Promise<void> | null

export interface HttpAppOptions {
  logger: Logger
  direct?: readonly DirectRoute[]
  /** The routes of each feature, tried in this order. */
  routers: readonly Router[]
  /** Origins whose pages may read answers. Webhooks ignore them. */
  corsOrigins?: readonly string[]
  /** Turns an error of a layer below into an answer (an unreachable database into 503); null for an unknown error. */
  translateError?: TranslateError
  /** Where a request came from, for the log. */
  addressOf?: AddressOf
}

/** What every request passes through before and after the features' routes: request id, log, CORS, 404, errors in Seam's shape. */
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
  // An ETag costs a hash of every answer, and a 304 has no body: SDKs would report an invalid response (contract, 4).
  app.disable('etag')
  // read-params.ts reads queries, because it knows the parameters' kinds.
  app.set('query parser', false)
  const paths = servedPaths(routers)
  for (const router of [...routers, rootRoute(paths)]) app.use(router)
  const served = `Served here: ${paths.join(', ')}. All other endpoints are Seam's own: ask Seam for them.`
  app.use(({ path }) => {
    throw new ApiError(404, 'not_found', `No such route: ${path.slice(0, 200)}. ${served}`)
  })
  // Express recognizes an error handler by its four parameters.
  app.use(
    (error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) =>
      fail(error, response),
  )
  return app
}
