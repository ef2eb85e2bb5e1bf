import type { ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'

type Chunks = AsyncIterable<string | Uint8Array>

/**
 * Writes chunk after chunk and ends the answer. The next chunk is made only when the caller has room for it. Returns when the caller has
 * been sent all, or has left, or when the answer was cut.
 */
export async function sendAsTheyCome(response: ServerResponse, chunks: Chunks): Promise<void> {
  for await (const chunk of chunks) {
    if (response.destroyed) return
    if (!response.write(chunk)) await roomIn(response)
    if (response.destroyed) return
  }
  await new Promise((resolve) => response.on('close', resolve).end())
}

/** Waits until the caller has read what was written, or has left. */
function roomIn(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}

/** The fastest level, as for other answers (compress-answer.ts). */
const LEVEL = 1
/** How much output one step of a thread makes. */
const STEP_BYTES = 64 * 1024

/** The same chunks as gzip. It takes the next one when its output is read, and holds a few steps of it at most. */
export async function* gzipped(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const packing = createGzip({ level: LEVEL, chunkSize: STEP_BYTES })
  // An error of the chunks comes out of `packing`.
  pipeline(Readable.from(chunks, { highWaterMark: 1 }), packing, () => {})
  yield* packing as AsyncIterable<Uint8Array>
}
