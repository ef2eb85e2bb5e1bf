import type { Request, Response } from 'express'
import { createStreamSender } from './answer-stream.ts'
import { type CallerAccess, maySeeSecrets, readOnce, requireScopeOf } from './caller-access.ts'
import { type Compress, createCompressor } from './compress-answer.ts'
import { requireMethod } from './require-method.ts'
import type { CallerRoute, OpenRoute, TextRoute } from './route.ts'
import { sendTextAnswer } from './send-text-answer.ts'

/** Answers a request to a route. A rejection is answered as an error. */
export type AnswerRoute = (
  route: OpenRoute | CallerRoute,
  request: Request,
  response: Response,
) => Promise<void>

/**
 * Makes the one way through a route. The order of its checks is Seam's: an unauthenticated PUT is a 401, not a 405, and a caller without
 * a key learns nothing about parameters (contract, 2.3).
 *
 * @param access Null while there is nothing to find callers in; then every route must be open.
 */
export function createAnswerRoute(access: CallerAccess | null): AnswerRoute {
  const compress = createCompressor()
  const sendStream = access && createStreamSender(access)
  return async (route, request, response) => {
    if (route.kind === 'open') await answerOpen(compress, route, request, response)
    else if (access === null || sendStream === null)
      throw new Error(`${route.path} is for callers, and nothing says who calls.`)
    else if (route.kind === 'stream') await sendStream(route, request, response)
    else await answerText(access, compress, route, request, response)
  }
}

async function answerOpen(
  compress: Compress,
  route: OpenRoute,
  request: Request,
  response: Response,
): Promise<void> {
  requireMethod(request, route.methods)
  await sendTextAnswer(request, response, compress, await route.answer(), false)
}

async function answerText(
  access: CallerAccess,
  compress: Compress,
  route: TextRoute,
  request: Request,
  response: Response,
): Promise<void> {
  const read = readOnce(access, route, request)
  const { caller, result } = await access.admit(request, route, async (admitted, proof) => {
    const { headers, answer } = await read()
    requireScopeOf(route, admitted)
    const made = await access.share(admitted, () => answer({ caller: admitted, proof, request }))
    return { ...made, headers: { ...headers, ...made.headers } }
  })
  await sendTextAnswer(request, response, compress, result, maySeeSecrets(caller, route))
}
