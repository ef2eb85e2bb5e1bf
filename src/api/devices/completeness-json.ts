import { formatInstant, type Micros } from '../../domain/instant.ts'
import { gapsIn } from '../../domain/interval.ts'
import type { Db } from '../../store/database.ts'
import { readCoverage } from '../../store/coverage/read-coverage.ts'

export interface CompletenessJson {
  /** The proven range that reaches furthest; null while nothing is proven. */
  from: string | null
  until: string | null
  is_complete: boolean
}

/**
 * What is proven about the time that was asked for, as far as the proven range reaches. Null for the window: now. It must be read before
 * the rows that it is about, never after (I15).
 */
export async function readCompletenessJson(
  db: Db,
  workspaceId: string,
  window: { from: Micros; to: Micros } | null,
): Promise<CompletenessJson> {
  const ranges = await readCoverage(db, workspaceId)
  const last = ranges.at(-1)
  if (last === undefined) return { from: null, until: null, is_complete: false }
  const until = window !== null && window.to < last.to ? window.to : last.to
  return {
    from: formatInstant(last.from),
    until: formatInstant(last.to),
    is_complete:
      window === null ||
      (window.from < last.to && gapsIn({ from: window.from, to: until }, ranges).length === 0),
  }
}
