import { failure, Refusal } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Faults } from './faults.ts'
import type { Random } from './random.ts'

/** What goes wrong with one request. The kind `answer` replaces the answer; the others spoil the good one. */
export type RequestFault =
  | { kind: 'none' | 'reset' | 'invalid-json' | 'truncate' }
  | { kind: 'answer'; answer: Answer }

/** Rolls the faults of one request, in the order of the table in faults.ts; counts `failNext` down. */
export function chooseFault(faults: Faults, random: Random, requestId: string): RequestFault {
  if (faults.failNext > 0) {
    faults.failNext--
    return refused(new Refusal(503, 'service_unavailable', 'Try again later'), requestId)
  }
  if (random.chance(faults.resetRate)) return { kind: 'reset' }
  if (random.chance(faults.rateLimitRate)) {
    const limited = refused(new Refusal(429, 'rate_limited', 'Too many requests'), requestId)
    if (faults.retryAfter !== null) limited.answer.headers = { 'retry-after': faults.retryAfter }
    return limited
  }
  if (random.chance(faults.errorRate)) {
    return refused(new Refusal(500, 'internal_server_error', 'Internal server error'), requestId)
  }
  if (random.chance(faults.badGatewayRate)) return { kind: 'answer', answer: badGateway }
  if (random.chance(faults.htmlRate)) return { kind: 'answer', answer: htmlPage }
  if (random.chance(faults.invalidJsonRate)) return { kind: 'invalid-json' }
  if (random.chance(faults.truncateRate)) return { kind: 'truncate' }
  return { kind: 'none' }
}

const htmlPage: Answer = {
  status: 200,
  body: '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>',
  headers: { 'content-type': 'text/html; charset=utf-8' },
}

const badGateway: Answer = {
  status: 502,
  body: '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>',
  headers: { 'content-type': 'text/html' },
}

function refused(refusal: Refusal, requestId: string): { kind: 'answer'; answer: Answer } {
  return { kind: 'answer', answer: failure(refusal, requestId) }
}
