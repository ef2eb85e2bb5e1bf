import type { SeamHttp } from '@seamapi/http'
import { noAnswer, refusedAnswer } from './answer-errors.ts'
import { SeamError } from './seam-error.ts'

/** The time limit for an answer that is read as it arrives, as a multiple of the limit for one attempt. */
export const LONG_ANSWER_TIMES = 10
/** Largest answer that is read as it arrives, in bytes. */
export const MAX_LONG_ANSWER_BYTES = 256 * 1024 * 1024

/** Yields the bytes of an answer as they arrive. Throws SeamError, also when nothing arrives for `timeoutMs`. */
export async function* streamAnswer(
  seam: SeamHttp,
  path: string,
  timeoutMs: number,
  stop: AbortSignal,
): AsyncGenerator<Buffer> {
  const silence = new AbortController()
  const silent = setTimeout(() => silence.abort(), timeoutMs)
  const longestMs = timeoutMs * LONG_ANSWER_TIMES
  const signal = AbortSignal.any([stop, silence.signal, AbortSignal.timeout(longestMs)])
  const giveUp = (error: unknown): never => {
    throw noAnswer(path, error, MAX_LONG_ANSWER_BYTES)
  }
  try {
    const response = await seam.client
      .get<ReadableStream<Uint8Array>>(path, {
        responseType: 'stream',
        timeout: longestMs,
        validateStatus: () => true,
        maxRedirects: 0,
        fetchOptions: { redirect: 'manual' },
        signal,
      })
      .catch(giveUp)
    const chunks = response.data[Symbol.asyncIterator]()
    if (response.status !== 200) {
      const first = await chunks.next().catch(giveUp)
      const body = first.done === true ? Buffer.alloc(0) : Buffer.from(first.value)
      throw refusedAnswer(path, response.status, body, (name) => {
        const value: unknown = response.headers[name]
        return typeof value === 'string' ? value : undefined
      })
    }
    let received = 0
    for (;;) {
      silent.refresh()
      const next = await chunks.next().catch(giveUp)
      if (next.done === true) return
      received += next.value.length
      if (received > MAX_LONG_ANSWER_BYTES) {
        throw new SeamError(
          'too_large',
          `Seam's answer to ${path} is larger than ${MAX_LONG_ANSWER_BYTES} bytes`,
        )
      }
      yield Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength)
    }
  } finally {
    clearTimeout(silent)
    // This closes the connection when the caller stops reading early.
    silence.abort()
  }
}
