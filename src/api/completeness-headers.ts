import { formatInstant } from '../domain/instant.ts'
import type { Completeness } from '../domain/completeness.ts'

/** The same as `completeness` in a body, for answers that are seen before their end or have a form of their own. */
export function completenessHeaders({ from, until, isComplete }: Completeness): Record<string, string> {
  return {
    ...(from !== null && { 'seam-mirror-complete-from': formatInstant(from) }),
    ...(until !== null && { 'seam-mirror-complete-until': formatInstant(until) }),
    'seam-mirror-complete': String(isComplete),
  }
}
