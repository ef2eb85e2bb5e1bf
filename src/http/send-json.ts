import type { ServerResponse } from 'node:http'
import { JSON_CONTENT_TYPE } from './error-body.ts'

/** Sends JSON that is text already: what comes from the store is never parsed and printed again (I7). */
export function sendJson(response: ServerResponse, status: number, json: string): void {
  const body = Buffer.from(json)
  response.statusCode = status
  response.setHeader('content-type', JSON_CONTENT_TYPE)
  response.setHeader('content-length', body.length)
  response.end(body)
}
