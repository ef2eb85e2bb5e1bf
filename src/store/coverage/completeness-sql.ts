import { type Completeness, NOTHING_PROVEN, type Window } from '../../domain/completeness.ts'
import { formatInstant, LAST_INSTANT, type Micros } from '../../domain/instant.ts'
import { type Sql, sql } from '../../postgres/sql.ts'

/** What `completenessSql` gives: the range that reaches furthest, in microseconds, and whether the window is proven. */
export type CompletenessRow = readonly [from: string, until: string, isComplete: boolean | null]

/**
 * An SQL expression, a JSON array, that says how complete the copy is in a window; null while nothing is proven. As a part of the statement
 * that reads the rows it sees the same snapshot, so it cannot claim more than those rows hold (I15).
 */
export function completenessSql(workspaceId: string, { from, to }: Window): Sql {
  const start = sql`${instantOrNull(from)}::timestamptz`
  // `least` and `greatest` leave out nulls: a window without an end ends where coverage does.
  const asked = sql`tstzrange(${start}, greatest(${start}, least(${instantOrNull(to)}::timestamptz, upper(ranges))))`
  return sql`(select json_build_array((extract(epoch from lower(last)) * 1000000)::bigint::text,
    (extract(epoch from upper(ranges)) * 1000000)::bigint::text, ${start} < upper(ranges) and ranges @> ${asked})
  from coverage, lateral (select range as last from unnest(ranges) as range order by range desc limit 1) as furthest
  where workspace_id = ${workspaceId})`
}

export function completenessOf(row: CompletenessRow | null): Completeness {
  if (row === null) return NOTHING_PROVEN
  const [from, until, isComplete] = row
  return { from: BigInt(from), until: BigInt(until), isComplete: isComplete === true }
}

function instantOrNull(instant: Micros | null): string | null {
  if (instant === null) return null
  return instant > LAST_INSTANT ? 'infinity' : formatInstant(instant)
}
