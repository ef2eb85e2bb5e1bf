import type { Micros } from '../../domain/instant.ts'
import type { Interval } from '../../domain/interval.ts'
import { runSql } from '../../postgres/open-database.ts'
import { type Sql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/** extract(epoch from timestamptz) is numeric and exact since Postgres 14. */
const coverageSql = (workspaceId: string): Sql => sql`
select (extract(epoch from lower(range)) * 1000000)::bigint::text as "from",
       (extract(epoch from upper(range)) * 1000000)::bigint::text as "to"
from coverage, unnest(ranges) as range
where workspace_id = ${workspaceId}
order by lower(range)`

/** The ranges in which the copy is proven complete, earliest first; adjacent ones are one. */
export async function readCoverage(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
): Promise<(Interval & { to: Micros })[]> {
  const rows = await runSql<{ from: string; to: string }>(db, coverageSql(workspaceId))
  return rows.map(({ from, to }) => ({ from: BigInt(from), to: BigInt(to) }))
}
