import { formatInstant, type Micros } from '../domain/instant.ts'
import { gapsIn, type Interval } from '../domain/interval.ts'
import type { Db } from '../store/database.ts'
import { readCoverage } from '../store/coverage/read-coverage.ts'

export interface CompletenessJson {
  /** The proven range that reaches furthest; null while nothing is proven. */
  from: string | null
  until: string | null
  is_complete: boolean
}

/** A proven range, and all of them in order. */
type Covered = readonly (Interval & { to: Micros })[]

/** The same for rows that are read after it, which is never the other way round (I15). */
export async function readCompletenessJson(
  db: Db,
  workspaceId: string,
  window: { from: Micros; to: Micros } | null,
): Promise<CompletenessJson> {
  return completenessJson(await readCoverage(db, workspaceId), window)
}

/**
 * What is proven about the time that was asked for, as far as the proven range reaches. Null for the window: now. What is covered must come
 * from the snapshot of the rows, or from an earlier one (I15).
 */
export function completenessJson(
  covered: Covered,
  window: { from: Micros; to: Micros } | null,
): CompletenessJson {
  const last = covered.at(-1)
  if (last === undefined) return { from: null, until: null, is_complete: false }
  const until = window !== null && window.to < last.to ? window.to : last.to
  return {
    from: formatInstant(last.from),
    until: formatInstant(last.to),
    is_complete:
      window === null ||
      (window.from < last.to && gapsIn({ from: window.from, to: until }, covered).length === 0),
  }
}
