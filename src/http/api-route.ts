import type { IncomingMessage } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import express, { type Request, type Response, type Router } from 'express'
import { type Caller, hasScope, type ProvableCaller } from '../domain/caller.ts'
import { ApiError } from './api-error.ts'
import type { Authenticate, Recall } from './authenticate.ts'
import { type Compress, createCompressor } from './compress-answer.ts'
import type { ReadBody } from './create-body-reader.ts'
import type { Share } from './create-fair-shares.ts'
import { noteCaller } from './noted-caller.ts'
import { readInput } from './read-input.ts'
import type { ParamsRead, ReadParams } from './read-params.ts'
import { requireMethod } from './require-method.ts'
import { sendAnswer } from './send-answer.ts'
import type { Json } from './send-json.ts'

/** What one endpoint does. Authentication and sending the answer are the same for all endpoints and happen outside it. */
export interface ApiRoute<Params> {
  path: string
  /** New SDKs send reads as GET, old ones as POST (contract, trap 1). */
  methods: readonly string[]
  /**
   * Which kinds of credential this endpoint accepts; without it, all. Any other caller is answered 401, as if it had no credential
   * (contract 3 and 16.8). A 403 is for keys that lack a scope.
   */
  takes?: (caller: Caller) => boolean
  readParams: ReadParams<Params>
  /** Returns the body of the 200 as JSON text, whole or in parts. Throws an ApiError for any other answer. */
  answer: (params: Params, caller: Caller) => Promise<Json>
  /** Whether the answer shows a client session its own token. */
  showsOwnToken?: boolean
  /** For busy endpoints: their query checks the caller itself, which saves a query for that. */
  answerRecent?: (params: Params, caller: ProvableCaller) => Promise<RecentAnswer>
}

/** The same answer, and whether the query confirmed who the caller is. */
export type RecentAnswer = { kind: 'proven' | 'unproven'; json: Json } | { kind: 'refuted' }

/** What all endpoints share. */
export interface ApiOptions {
  authenticate: Authenticate
  recall: Recall
  readBody: ReadBody
  /** Everything that queries the database waits here for its turn. */
  share: Share
}

export type MakeApiRoute = <Params>(route: ApiRoute<Params>) => Router

/**
 * Makes endpoints of the API. The order of their checks is Seam's: an unauthenticated PUT is a 401, not a 405, and a caller without
 * a key learns nothing about parameters (contract, 2.3).
 */
export function createApiRoutes(api: ApiOptions): MakeApiRoute {
  const compress = createCompressor()
  return (route) => {
    const router = express.Router({ caseSensitive: true })
    router.all(route.path, (request, response) => runRoute(api, compress, route, request, response))
    return router
  }
}

async function runRoute<Params>(
  api: ApiOptions,
  compress: Compress,
  route: ApiRoute<Params>,
  request: Request,
  response: Response,
): Promise<void> {
  const { json, caller, headers } = await answerOf(api, route, request)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  await sendAnswer(request, response, compress, { json, hasSecrets: maySeeSecrets(caller, route) })
}

/** An answer and the caller it was made for. */
interface Answered {
  json: Json
  caller: Caller
  headers: Record<string, string>
}

async function answerOf<Params>(
  api: ApiOptions,
  route: ApiRoute<Params>,
  request: IncomingMessage,
): Promise<Answered> {
  const recent = route.answerRecent === undefined ? null : api.recall(request)
  if (route.answerRecent === undefined || recent === null) {
    const caller = await requireCaller(api, route, request)
    const { params, headers } = await readParamsOf(api, route, request)
    return { json: await api.share(caller, () => route.answer(params, caller)), caller, headers }
  }
  const { answerRecent } = route
  let read: ParamsRead<Params>
  let answer: RecentAnswer
  try {
    read = await readParamsOf(api, route, request)
    const { params } = read
    answer = await api.share(recent.caller, () => answerRecent(params, recent))
  } catch (error) {
    // A caller learns what is wrong with its request only once it is known to have a key.
    await requireCaller(api, route, request)
    throw error
  }
  const { params, headers } = read
  if (answer.kind === 'proven') {
    noteCaller(request, recent.caller)
    return { json: answer.json, caller: recent.caller, headers }
  }
  const caller = await requireCaller(api, route, request)
  if (answer.kind === 'unproven' && isDeepStrictEqual(caller, recent.caller))
    return { json: answer.json, caller, headers }
  return { json: await api.share(caller, () => route.answer(params, caller)), caller, headers }
}

/** Returns the caller, or throws the 401 whose words are the same for every failed authentication. */
async function requireCaller(
  { authenticate }: ApiOptions,
  { takes = () => true }: Pick<ApiRoute<never>, 'takes'>,
  request: IncomingMessage,
): Promise<Caller> {
  const caller = await authenticate(request)
  if (caller !== null) noteCaller(request, caller)
  if (caller === null || !takes(caller)) throw new ApiError(401, 'unauthorized', 'Unauthorized')
  return caller
}

async function readParamsOf<Params>(
  { readBody }: ApiOptions,
  route: ApiRoute<Params>,
  request: IncomingMessage,
): Promise<ParamsRead<Params>> {
  requireMethod(request, route.methods)
  return route.readParams(await readInput(request, readBody))
}

/** Whether this endpoint's answer to this caller may contain secrets. */
function maySeeSecrets(
  caller: Caller,
  { showsOwnToken = false }: Pick<ApiRoute<never>, 'showsOwnToken'>,
): boolean {
  return caller.kind === 'key' ? hasScope(caller, 'secrets:read') : showsOwnToken
}
