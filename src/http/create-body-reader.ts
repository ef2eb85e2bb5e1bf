import type { IncomingMessage } from 'node:http'
import { payloadTooLarge, serviceUnavailable, unsupportedMediaType } from './to-api-error.ts'

/**
 * Reads a request's body as the bytes that were sent; empty when there is none. Throws 413 past the limit, 503 when too many bytes of
 * other bodies are still arriving, and 415 for a compressed body: no SDK and no webhook sender compresses what it sends, and inflating
 * could turn a small request into a large one.
 */
export type ReadBody = (request: IncomingMessage, limitBytes: number) => Promise<Buffer>

/** The limit on all incomplete bodies together: 250 deliveries of the largest size. */
export const MAX_ARRIVING_BYTES = 64 * 1024 * 1024
/** Memory that each chunk of a body takes beside its bytes: a caller may send one byte at a time. */
const CHUNK_OVERHEAD_BYTES = 256

class AbortedRequestError extends Error {
  override readonly name = 'AbortedRequestError'
}

/** Whether the caller went away before its body was complete, so that nobody is left to answer. */
export function isAbortedRequest(error: unknown): boolean {
  return error instanceof AbortedRequestError
}

/** A body that has begun to arrive and is not complete. */
interface Arriving {
  bytes: number
  giveUp: () => void
}

/** All bodies that have begun to arrive. */
interface ArrivingBodies {
  /** Counts bytes that have come of a body. Gives up the oldest bodies when all together are too much. */
  add(body: Arriving, bytes: number): void
  /** Forgets a body that is complete or given up. */
  leave(body: Arriving): void
}

function createArrivingBodies(maxBytes: number): ArrivingBodies {
  /** Oldest first. */
  const arriving: Arriving[] = []
  let arrivingBytes = 0
  const isTooMuch = (): boolean => arrivingBytes > maxBytes && arriving.length > 0
  return {
    add: (body, bytes) => {
      if (body.bytes === 0) arriving.push(body)
      body.bytes += bytes
      arrivingBytes += bytes
      while (isTooMuch()) arriving[0]?.giveUp()
    },
    leave: (body) => {
      if (body.bytes === 0) return
      const at = arriving.indexOf(body)
      if (at === -1) return
      arriving.splice(at, 1)
      arrivingBytes -= body.bytes
    },
  }
}

/**
 * Incomplete bodies share `maxArrivingBytes`. Past it, the oldest ones are given up: an honest delivery arrives in milliseconds, and
 * a caller that fills the room by never finishing began long ago.
 *
 * Express's own parsers are not used: they skip the body when the caller has already closed its half of the connection,
 * and they answer 413 only after the last byte of a body of any length.
 */
export function createBodyReader(maxArrivingBytes: number = MAX_ARRIVING_BYTES): ReadBody {
  const arriving = createArrivingBodies(maxArrivingBytes)
  return async (request, limitBytes) => {
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (encoding.toLowerCase() !== 'identity') {
      throw unsupportedMediaType('A compressed request body is not supported')
    }
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw payloadTooLarge()
    return readBytes(request, limitBytes, arriving)
  }
}

function readBytes(request: IncomingMessage, limitBytes: number, arriving: ArrivingBodies): Promise<Buffer> {
  let chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    let isGivenUp = false
    // The rest is read and thrown away, at most until the server's requestTimeout: if the connection were cut while the
    // caller still writes, the caller would see a network error instead of the answer.
    const giveUp = (error: Error): void => {
      isGivenUp = true
      chunks = []
      arriving.leave(body)
      reject(error)
    }
    const body: Arriving = {
      bytes: 0,
      giveUp: () => giveUp(serviceUnavailable('Too many request bodies are still arriving')),
    }
    request.on('data', (chunk: Buffer) => {
      if (isGivenUp) return
      size += chunk.length
      if (size > limitBytes) {
        giveUp(payloadTooLarge())
        return
      }
      chunks.push(chunk)
      // Most deliveries come in one piece with their headers and are complete before this is called.
      if (!request.complete) arriving.add(body, chunk.length + CHUNK_OVERHEAD_BYTES)
    })
    request.on('end', () => {
      arriving.leave(body)
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
    })
    request.on('error', (cause) => giveUp(new AbortedRequestError('The request was aborted', { cause })))
    request.on('close', () => {
      if (!request.complete) giveUp(new AbortedRequestError('The request was aborted'))
    })
  })
}
