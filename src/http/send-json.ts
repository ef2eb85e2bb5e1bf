import type { ServerResponse } from 'node:http'
import { encodeParts } from './encode-parts.ts'
import { JSON_CONTENT_TYPE, NO_STORE } from './error-body.ts'

/** Text that is JSON already: what comes from the store is never parsed and printed again (I7). Long text comes in parts. */
export type Json = string | readonly string[]

export function sendJson(response: ServerResponse, status: number, json: Json): void {
  sendChunks(response, status, encodeJson(json))
}

export function encodeJson(json: Json): Buffer[] {
  return encodeParts(typeof json === 'string' ? [json] : json)
}

/** Sends encoded JSON. It may be compressed; then the caller has set `content-encoding` before. */
export function sendChunks(response: ServerResponse, status: number, chunks: readonly Buffer[]): void {
  response.statusCode = status
  response.setHeader('content-type', JSON_CONTENT_TYPE)
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
