import type { CompletenessJson } from './completeness.ts'

/** The same as `completeness` in a body, for answers that are seen before their end or have a form of their own. */
export function completenessHeaders({ from, until, is_complete }: CompletenessJson): Record<string, string> {
  return {
    ...(from !== null && { 'seam-mirror-complete-from': from }),
    ...(until !== null && { 'seam-mirror-complete-until': until }),
    'seam-mirror-complete': String(is_complete),
  }
}
