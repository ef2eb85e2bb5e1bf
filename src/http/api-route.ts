import type { IncomingMessage, ServerResponse } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import express, { type Router } from 'express'
import type { Caller, ProvableCaller } from '../domain/caller.ts'
import { type Authenticate, type Recall, requireCaller } from './authenticate.ts'
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
  answer: (params: Params, caller: Caller) => Promise<Json>
  /** For endpoints that are asked all the time: their queries prove who calls, instead of asking for it first. */
  recent?: RecentCallerRoute<Params>
}

export interface RecentCallerRoute<Params> {
  recall: Recall
  answer: (params: Params, caller: ProvableCaller) => Promise<RecentAnswer>
}

/** The same answer, and whether the caller turned out to be who it was. */
export type RecentAnswer = { kind: 'proven' | 'unproven'; json: Json } | { kind: 'refuted' }

type Json = string | readonly string[]

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
  sendJson(response, 200, await answerOf(route, request))
}

async function answerOf<Params>(route: ApiRoute<Params>, request: IncomingMessage): Promise<Json> {
  const recent = route.recent?.recall(request) ?? null
  if (route.recent === undefined || recent === null) {
    const caller = await requireCaller(route.authenticate, request)
    return route.answer(await readParamsOf(route, request), caller)
  }
  let params: Params
  let answer: RecentAnswer
  try {
    params = await readParamsOf(route, request)
    answer = await route.recent.answer(params, recent)
  } catch (error) {
    // Nobody is told what is wrong with a request before it is known that they have a key.
    await requireCaller(route.authenticate, request)
    throw error
  }
  if (answer.kind === 'proven') return answer.json
  const caller = await requireCaller(route.authenticate, request)
  if (answer.kind === 'unproven' && isDeepStrictEqual(caller, recent.caller)) return answer.json
  return route.answer(params, caller)
}

async function readParamsOf<Params>(route: ApiRoute<Params>, request: IncomingMessage): Promise<Params> {
  requireMethod(request, route.methods)
  return route.readParams(await readInput(request))
}
