import type { IncomingMessage } from 'node:http'
import { payloadTooLarge, unsupportedMediaType } from './to-api-error.ts'

class AbortedRequestError extends Error {
  override readonly name = 'AbortedRequestError'
}

/** The caller went away before its body was complete: nobody is left to answer. */
export function isAbortedRequest(error: unknown): boolean {
  return error instanceof AbortedRequestError
}

/**
 * Reads the request's body as the bytes that were sent; empty when there is none. Throws 413 past the limit, and 415 for a
 * compressed body: no SDK and no webhook sender compresses what it sends, and inflating is where a small request becomes
 * a large one.
 *
 * Express's own parsers are not used: they skip the body when the caller has already closed its half of the connection,
 * and answer 413 only after the last byte of a body of any length.
 */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') {
    throw unsupportedMediaType('A compressed request body is not supported')
  }
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw payloadTooLarge()
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limitBytes) {
        chunks.push(chunk)
        return
      }
      // The rest is read and thrown away, at most until the server's requestTimeout: a connection that is cut while the
      // caller still writes shows it a network error instead of the 413.
      chunks.length = 0
      reject(payloadTooLarge())
    })
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.on('error', (cause) => reject(new AbortedRequestError('The request was aborted', { cause })))
    request.on('close', () => {
      if (!request.complete) reject(new AbortedRequestError('The request was aborted'))
    })
  })
}
