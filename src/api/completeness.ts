import type { Completeness } from '../domain/completeness.ts'
import { formatInstant } from '../domain/instant.ts'

/** The `completeness` of an answer about events: the proven range that reaches furthest, and whether the window lies in what is proven. */
export function completenessJson({ from, until, isComplete }: Completeness): string {
  return JSON.stringify({
    from: from === null ? null : formatInstant(from),
    until: until === null ? null : formatInstant(until),
    is_complete: isComplete,
  })
}
