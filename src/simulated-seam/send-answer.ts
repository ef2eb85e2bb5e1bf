import type { ServerResponse } from 'node:http'

import type { Answer } from './answer.ts'

export interface SendOptions {
  requestId: string
  /** The Date header. Undefined: none is sent. */
  date: string | undefined
  /** Whether to promise the whole body, send half of it, and hang up. */
  truncate: boolean
}

export function sendAnswer(response: ServerResponse, answer: Answer, options: SendOptions): void {
  const body = Buffer.from(answer.body)
  // Otherwise Node would write the true time.
  response.sendDate = false
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'seam-request-id': options.requestId,
    ...(options.date !== undefined && { date: options.date }),
    ...answer.headers,
  })
  if (!options.truncate) {
    response.end(body)
    return
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy())
}
