import type { ServerResponse } from 'node:http'
import { encodeParts } from './encode-parts.ts'
import { JSON_CONTENT_TYPE, NO_STORE } from './error-body.ts'

/**
 * Sends JSON that is text already: what comes from the store is never parsed and printed again (I7). A long answer comes in
 * parts, which are sent one after the other.
 */
export function sendJson(response: ServerResponse, status: number, json: string | readonly string[]): void {
  const chunks = encodeParts(typeof json === 'string' ? [json] : json)
  response.statusCode = status
  response.setHeader('content-type', JSON_CONTENT_TYPE)
  response.setHeader('cache-control', NO_STORE)
  response.setHeader(
    'content-length',
    chunks.reduce((sum, { length }) => sum + length, 0),
  )
  // Headers and all chunks in one system call.
  response.cork()
  for (const chunk of chunks) response.write(chunk)
  response.end()
  response.uncork()
}
