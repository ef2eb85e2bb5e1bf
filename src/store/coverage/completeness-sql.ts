import { type Completeness, completenessIn, type Window } from '../../domain/completeness.ts'
import { parseInstant } from '../../domain/instant.ts'
import { type Sql, sql } from '../../postgres/sql.ts'

/** How much of the ranges' text is read: the newest three hundred ranges, where a copy of a year has a few. */
const MOST_TEXT = 20_000

/**
 * An SQL expression: the text of the newest proven ranges, null while nothing was ever proven. As a part of the statement that reads the rows
 * it sees the same snapshot, so what is concluded from it claims no more than those rows hold (I15).
 *
 * The window is compared here and not in Postgres, because planning that for every page of 50 events took 0.1 ms, a third of the page.
 */
export function completenessSql(workspaceId: string): Sql {
  return sql`(select right(ranges::text, ${MOST_TEXT}::int) from coverage where workspace_id = ${workspaceId})`
}

/** What the text says of a window. A range that was cut off, or that cannot be read, counts as not proven. */
export function completenessOf(ranges: string | null, window: Window): Completeness {
  const covered = [...(ranges ?? '').matchAll(RANGE)].flatMap(([, lower = '', upper = '']) => {
    const [from, to] = [parseInstant(lower), parseInstant(upper)]
    return from === null || to === null ? [] : [{ from, to }]
  })
  return completenessIn(covered, window)
}

/** A range as Postgres writes it: `["2026-06-02 00:00:00+00","2026-06-09 00:00:00+00")`. */
const RANGE = /\["([^"]*)","([^"]*)"\)/g
