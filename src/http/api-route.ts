import type { IncomingMessage, ServerResponse } from 'node:http'
import express, { type Router } from 'express'
import type { Caller } from '../domain/caller.ts'
import { type Authenticate, requireCaller } from './authenticate.ts'
import { readInput } from './read-input.ts'
import type { ReadParams } from './read-params.ts'
import { requireMethod } from './require-method.ts'
import { sendJson } from './send-json.ts'

export interface ApiRoute<Params> {
  path: string
  /** Reads are asked with GET by new SDKs and with POST by old ones (contract, trap 1). */
  methods: readonly string[]
  authenticate: Authenticate
  readParams: ReadParams<Params>
  /** The body of the 200, as JSON text, whole or in parts. Throws an ApiError for anything else. */
  answer: (params: Params, caller: Caller) => Promise<string | readonly string[]>
}

/**
 * One endpoint of the API. The order of its checks is Seam's: an unauthenticated PUT is a 401, not a 405, and nothing is
 * said about parameters to somebody who has no key (contract, 2.3).
 */
export function apiRoute<Params>(route: ApiRoute<Params>): Router {
  const router = express.Router({ caseSensitive: true })
  router.all(route.path, (request, response) => runRoute(route, request, response))
  return router
}

async function runRoute<Params>(
  route: ApiRoute<Params>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const caller = await requireCaller(route.authenticate, request)
  requireMethod(request, route.methods)
  const params = route.readParams(await readInput(request))
  sendJson(response, 200, await route.answer(params, caller))
}
