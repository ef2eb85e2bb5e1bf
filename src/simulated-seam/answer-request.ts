import type { IncomingMessage } from 'node:http'

import { failure, invalidInput, Refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import { authenticate } from './authenticate.ts'
import { checkParams } from './check-params.ts'
import type { Params } from './params.ts'
import { parseQuery } from './parse-query.ts'
import { routes } from './routes.ts'
import type { Upstream } from './upstream.ts'

/** One request read from the wire. When its body cannot be used, `body` is the reason instead. */
export interface ApiRequest {
  message: IncomingMessage
  url: URL
  body: Params | Refusal
  requestId: string
}

/** The answer of a healthy server: route, then credentials, method and parameters, in Seam's order (contract, 2.3). */
export function answerRequest(request: ApiRequest, upstream: Upstream): Answer {
  try {
    return answerOrRefuse(request, upstream)
  } catch (error) {
    if (error instanceof Refusal) return failure(error, request.requestId)
    throw error
  }
}

/** The parameters as they were sent, for the record of requests. The body's win over the query's. */
export function sentParams({ url, body }: ApiRequest): Params {
  const kinds = routes.get(url.pathname)?.kinds ?? {}
  return { ...parseQuery(url.searchParams, kinds).params, ...(body instanceof Refusal ? {} : body) }
}

function answerOrRefuse(request: ApiRequest, upstream: Upstream): Answer {
  const { message, url, body } = request
  const route = routes.get(url.pathname)
  if (!route) throw new Refusal(404, 'not_found', `No such route: ${url.pathname}`)
  authenticate(message.headers, upstream)
  if (message.method !== 'GET' && message.method !== 'POST') {
    throw new Refusal(405, 'method_not_allowed', `${message.method} is not allowed here; use GET or POST`)
  }
  if (body instanceof Refusal) throw body
  const query = parseQuery(url.searchParams, route.kinds)
  const params = { ...query.params, ...body }
  const issues = [...query.issues, ...checkParams(params, route.kinds)]
  if (issues.length > 0) throw invalidInput(issues)
  return route.answer(params, upstream)
}
