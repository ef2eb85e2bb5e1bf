import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import express, { type Express } from 'express'
import type { Logger } from 'pino'
import { createAllowOrigins } from './allow-origins.ts'
import { ApiError } from './api-error.ts'
import { type AddressOf, createAddressOf } from './address-of.ts'
import { type AnswerError, answerError } from './answer-error.ts'
import { createAnswerRoute } from './answer-route.ts'
import type { CallerAccess } from './caller-access.ts'
import { createDirectRoutes } from './direct-routes.ts'
import { logRequest } from './log-request.ts'
import { originForm } from './origin-form.ts'
import { requireMethod } from './require-method.ts'
import type { DirectRoute, Route } from './route.ts'
import type { TranslateError } from './to-api-error.ts'

export interface HttpAppOptions {
  logger: Logger
  routes: readonly Route[]
  /** What the routes for callers share. Default: nothing, and then there may be none. */
  access?: CallerAccess | null
  /** The error at a path that no route has. Default: 404, with the paths that there are. */
  elsewhere?: () => ApiError
  /** Origins whose pages may read answers. Direct routes ignore them. */
  corsOrigins?: readonly string[]
  /** Turns an error of a layer below into an answer (an unreachable database into 503); null for an unknown error. */
  translateError?: TranslateError
  /** Where a request came from, for the log. */
  addressOf?: AddressOf
}

/** What every request passes through before and after its route: request id, log, CORS, dispatch, 404, errors in Seam's shape. */
export function createHttpApp(options: HttpAppOptions): RequestListener {
  const {
    logger,
    routes,
    corsOrigins = [],
    translateError = () => null,
    addressOf = createAddressOf(null),
  } = options
  const fail = answerError(logger, translateError)
  const allowOrigins = createAllowOrigins(corsOrigins)
  const directRouteOf = createDirectRoutes(routes.filter((route) => route.kind === 'direct'))
  const app = createExpressApp(options, fail)
  return (request, response) => {
    const target = originForm(request.url ?? '')
    request.url = target
    logRequest(logger, addressOf, request, response)
    const direct = directRouteOf(target)
    if (direct !== null)
      answerDirect(direct, request, response).catch((error: unknown) => fail(error, response))
    else if (!allowOrigins(request, response)) app(request, response)
  }
}

async function answerDirect(
  { route, segment }: { route: DirectRoute; segment: string | null },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  requireMethod(request, route.methods)
  await route.handle(request, response, segment)
}

function createExpressApp({ routes, access = null, elsewhere }: HttpAppOptions, fail: AnswerError): Express {
  const app = express()
  app.disable('x-powered-by')
  // An ETag costs a hash of every answer, and a 304 has no body: SDKs would report an invalid response (contract, 4).
  app.disable('etag')
  // read-params.ts reads queries, because it knows the parameters' kinds.
  app.set('query parser', false)
  app.enable('case sensitive routing')
  const answerRoute = createAnswerRoute(access)
  for (const route of routes) {
    if (route.kind !== 'direct')
      app.all(route.path, (request, response) => answerRoute(route, request, response))
  }
  app.use(({ path }) => {
    throw elsewhere?.() ?? notFound(path, routes)
  })
  // Express recognizes an error handler by its four parameters.
  app.use(
    (error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) =>
      fail(error, response),
  )
  return app
}

function notFound(path: string, routes: readonly Route[]): ApiError {
  const served = `Served here: ${pathsForCallers(routes).join(', ')}. All other endpoints are Seam's own: ask Seam for them.`
  return new ApiError(404, 'not_found', `No such route: ${path.slice(0, 200)}. ${served}`)
}

/** The paths that people and programs ask, in the table's order: all but the root, and but where Seam delivers. */
export function pathsForCallers(routes: readonly Route[]): string[] {
  return routes.filter(({ kind, path }) => kind !== 'direct' && path !== '/').map(({ path }) => path)
}
