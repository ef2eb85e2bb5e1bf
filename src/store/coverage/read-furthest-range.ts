import type { Micros } from '../../domain/instant.ts'
import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/** The proven range that reaches furthest. */
export interface FurthestRange {
  from: Micros
  until: Micros
}

/**
 * The proven range that reaches furthest, null while nothing is proven, and the transaction below which all its events were brought. A reader
 * of the order of arrival has seen all of them when the page it read last was settled up to there.
 */
export async function readFurthestRange(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
): Promise<{ range: FurthestRange | null; broughtBefore: bigint }> {
  const [row] = await runSql<{ from: string | null; until: string | null; broughtBefore: string }>(
    db,
    sql`
select (extract(epoch from lower(furthest)) * 1000000)::bigint::text as "from",
  (extract(epoch from upper(furthest)) * 1000000)::bigint::text as until,
  pg_snapshot_xmax(pg_current_snapshot())::text as "broughtBefore"
from (select (
  select range from coverage, unnest(ranges) as range where workspace_id = ${workspaceId} order by range desc limit 1
) as furthest) as one`,
  )
  if (row === undefined) throw new Error('The query for coverage returned no row.')
  const { from, until } = row
  return {
    range: from === null || until === null ? null : { from: BigInt(from), until: BigInt(until) },
    broughtBefore: BigInt(row.broughtBefore),
  }
}
