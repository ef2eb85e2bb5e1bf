import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

import { answerRequest, sentParams } from './answer-request.ts'
import type { ApiRequest } from './answer-request.ts'
import { Refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import { chooseFault } from './choose-fault.ts'
import type { RequestFault } from './choose-fault.ts'
import { readBody } from './read-body.ts'
import type { RequestLog } from './request-log.ts'
import { sendAnswer } from './send-answer.ts'
import type { Upstream } from './upstream.ts'

/** Serves one request of the API, spoiled as the faults ask for. */
export async function handleRequest(
  message: IncomingMessage,
  response: ServerResponse,
  upstream: Upstream,
  log: RequestLog,
): Promise<void> {
  const request = await readRequest(message, upstream)
  const faults = upstream.faults()
  const logged = { path: request.url.pathname, params: sentParams(request), status: 0, at: upstream.now() }
  log.add(logged)
  if (upstream.random.chance(faults.slowRate)) await wait(faults.slowMs, undefined, { ref: false })
  if (response.destroyed) return
  // The clock is read before the answer is made: a Date later than what the page has seen would be a lie.
  const date = (faults.dateHeader ?? httpDate)(upstream.serverNow())
  const fault = chooseFault(faults, upstream.random, request.requestId)
  if (fault.kind === 'reset') {
    message.socket.destroy()
    return
  }
  const made = fault.kind === 'answer' ? fault.answer : answerRequest(request, upstream)
  const passed = faults.gateway === null ? made : faults.gateway(logged, made)
  const answer = passed === 'cut-off' ? made : passed
  logged.status = answer.status
  sendAnswer(response, spoil(answer, fault), {
    requestId: request.requestId,
    date: faults.omitDateHeader ? undefined : date,
    truncate: fault.kind === 'truncate' || passed === 'cut-off',
  })
}

function httpDate(unixMs: number): string {
  return new Date(unixMs).toUTCString()
}

async function readRequest(message: IncomingMessage, upstream: Upstream): Promise<ApiRequest> {
  const url = new URL(message.url ?? '/', 'http://simulated-seam')
  const requestId = upstream.random.uuid()
  try {
    return { message, url, requestId, body: await readBody(message) }
  } catch (error) {
    if (error instanceof Refusal) return { message, url, requestId, body: error }
    throw error
  }
}

function spoil(answer: Answer, fault: RequestFault): Answer {
  if (fault.kind !== 'invalid-json') return answer
  return { ...answer, body: answer.body.slice(0, Math.ceil(answer.body.length / 2)) }
}
