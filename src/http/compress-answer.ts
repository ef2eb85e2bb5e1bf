import { createGzip } from 'node:zlib'

/** Shorter answers are not compressed: they fit into a few packets anyway. */
export const MIN_COMPRESSED_BYTES = 4 * 1024
/** Node has four threads for compression, and also needs them to look up host names. Each compression takes 0.3 MB beside the answer. */
export const MAX_COMPRESSIONS = 3
/** The fastest level: it shrinks a page of 500 events (400 KB) to a ninth in 1 ms. Level 6 takes 2 ms for an eleventh. */
const LEVEL = 1
/** How much output one step of a thread makes. */
const STEP_BYTES = 64 * 1024

/** Returns the answer as gzip; null when it should be sent uncompressed: it is short, or enough others are being compressed. */
export type Compress = (chunks: readonly Buffer[]) => Promise<Buffer[] | null>

/**
 * Compresses answers on threads, a few at a time. Beyond that, answers go out uncompressed instead of waiting in memory: a caller that
 * accepts gzip must accept that as well.
 *
 * Express's `compression` is not used: it has no limit, prefers Brotli, and sends no `content-length`.
 */
export function createCompressor(): Compress {
  let running = 0
  return async (chunks) => {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
    if (bytes < MIN_COMPRESSED_BYTES || running >= MAX_COMPRESSIONS) return null
    running += 1
    try {
      // Writing chunk by chunk takes no longer than one copy of all of them, and 30 MB less under load.
      const packing = createGzip({ level: LEVEL, chunkSize: STEP_BYTES })
      for (const chunk of chunks) packing.write(chunk)
      packing.end()
      return await Array.fromAsync<Buffer>(packing)
    } finally {
      running -= 1
    }
  }
}
