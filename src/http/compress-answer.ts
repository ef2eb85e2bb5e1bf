import { createGzip } from 'node:zlib'

/** A shorter answer fits into a few packets as it is. */
export const MIN_COMPRESSED_BYTES = 4 * 1024
/** Node has four threads for this, and looks up host names on them as well. Each compression takes 0.3 MB beside the answer. */
export const MAX_COMPRESSIONS = 3
/** The fastest: a page of 500 events (400 KB) becomes a ninth of its length in 1 ms. Level 6 takes 2 ms for an eleventh. */
const LEVEL = 1
/** How much is made in one step of a thread. */
const STEP_BYTES = 64 * 1024

/** The answer as gzip; null where it is to be sent as it is, because it is short or enough are being compressed already. */
export type Compress = (chunks: readonly Buffer[]) => Promise<Buffer[] | null>

/**
 * Compresses answers on threads, a few at a time. When more come, they go out as they are, instead of waiting in memory: whoever asks for
 * gzip must take that as well.
 *
 * Not Express's `compression`: it has no limit, chooses Brotli, and sends without a length.
 */
export function createCompressor(): Compress {
  let running = 0
  return async (chunks) => {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
    if (bytes < MIN_COMPRESSED_BYTES || running >= MAX_COMPRESSIONS) return null
    running += 1
    try {
      // Chunk by chunk, which takes no longer than one copy of all of them, and 30 MB less under load.
      const packing = createGzip({ level: LEVEL, chunkSize: STEP_BYTES })
      for (const chunk of chunks) packing.write(chunk)
      packing.end()
      return await Array.fromAsync<Buffer>(packing)
    } finally {
      running -= 1
    }
  }
}
