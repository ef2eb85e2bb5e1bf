import type { ServerResponse } from 'node:http'
import { encodeParts } from './encode-parts.ts'
import { JSON_CONTENT_TYPE, NO_STORE } from './error-body.ts'

/** Text that is sent as it is: what comes from the store is never parsed and printed again (I7). Long text comes in parts. */
export type Text = string | readonly string[]

export function sendJson(response: ServerResponse, status: number, json: Text): void {
  sendChunks(response, status, encodeText(json))
}

export function encodeText(text: Text): Buffer[] {
  return encodeParts(typeof text === 'string' ? [text] : text)
}

/** Sends encoded text. It may be compressed; then the caller has set `content-encoding` before. */
export function sendChunks(
  response: ServerResponse,
  status: number,
  chunks: readonly Buffer[],
  contentType = JSON_CONTENT_TYPE,
): void {
  response.statusCode = status
  response.setHeader('content-type', contentType)
  response.setHeader('cache-control', NO_STORE)
  response.setHeader(
    'content-length',
    chunks.reduce((sum, { length }) => sum + length, 0),
  )
  // Sends headers and all chunks in one system call.
  response.cork()
  for (const chunk of chunks) response.write(chunk)
  response.end()
  response.uncork()
}
