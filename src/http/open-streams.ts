import { type Caller, callerName } from '../domain/caller.ts'
import { ApiError } from './api-error.ts'
import type { StreamLimits } from './stream-limits.ts'
import { RETRY_AFTER_SECONDS, serviceUnavailable } from './to-api-error.ts'

export interface OpenStreams {
  /** Counts one more stream; throws 429 or 503 past the limits. Returns what ends it, to be called once. */
  enter(caller: Caller): () => void
}

/** Counts the open streams of each caller and of all together. */
export function createOpenStreams({ perCaller, all }: Pick<StreamLimits, 'perCaller' | 'all'>): OpenStreams {
  const byCaller = new Map<string, number>()
  let open = 0
  return {
    enter: (caller) => {
      const name = callerName(caller)
      const own = byCaller.get(name) ?? 0
      if (own >= perCaller) {
        throw new ApiError(429, 'too_many_requests', 'Too many streams of this caller are open', {
          headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
        })
      }
      if (open >= all) throw serviceUnavailable('Too many streams are open')
      byCaller.set(name, own + 1)
      open += 1
      return () => {
        const left = (byCaller.get(name) ?? 1) - 1
        if (left === 0) byCaller.delete(name)
        else byCaller.set(name, left)
        open -= 1
      }
    },
  }
}
