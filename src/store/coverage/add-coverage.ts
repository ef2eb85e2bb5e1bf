import type { Transaction } from 'kysely'
import { formatInstant } from '../../domain/instant.ts'
import type { Interval } from '../../domain/interval.ts'
import { runSql } from '../../postgres/open-database.ts'
import { rawSql, type Sql, sql } from '../../postgres/sql.ts'
import type { Database } from '../schema.ts'

/** How old the last step must be before another is noted, and how long steps are kept: both in the time that pollers have watched. */
const STEP = rawSql("interval '5 minutes'")
const STEPS_KEPT = rawSql("interval '7 days'")

/** It can read `watched` from the lease's row because the fence of the same transaction has locked that row. */
function addSql(workspaceId: string, froms: readonly string[], tos: readonly string[]): Sql {
  const workspace = sql`${workspaceId}::uuid`
  return sql`
with grown as (
  insert into coverage as c (workspace_id, ranges)
  select ${workspace}, range_agg(tstzrange(f, t, '[)')) from unnest(${froms}::timestamptz[], ${tos}::timestamptz[]) as proven (f, t)
  on conflict (workspace_id) do update set ranges = c.ranges + excluded.ranges, updated_at = clock_timestamp()
  returning upper(ranges) as covered_to
), due as (
  select watched from leases l where workspace_id = ${workspace} and not exists (
    select 1 from coverage_steps s where s.workspace_id = l.workspace_id and s.watched > l.watched - ${STEP})
), outdated as (
  delete from coverage_steps s using due where s.workspace_id = ${workspace} and s.watched < due.watched - ${STEPS_KEPT}
)
insert into coverage_steps (workspace_id, watched, covered_to)
select ${workspace}, due.watched, grown.covered_to from grown, due`
}

/**
 * Adds proven ranges to a workspace's coverage. It takes a transaction because it must be the one that stores the page which
 * proves them (I4): coverage that outlives a lost page would hide the loss for ever.
 */
export async function addCoverage(
  trx: Transaction<Database>,
  workspaceId: string,
  proven: readonly Interval[],
): Promise<void> {
  const ranges = proven.filter(({ from, to }) => to !== null && to > from)
  if (ranges.length === 0) return
  const froms = ranges.map(({ from }) => formatInstant(from))
  const tos = ranges.map(({ to }) => formatInstant(to ?? 0n))
  await runSql(trx, addSql(workspaceId, froms, tos))
}
