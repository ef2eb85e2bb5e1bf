import type { Transaction } from 'kysely'
import { formatInstant } from '../domain/instant.ts'
import type { Interval } from '../domain/interval.ts'
import { runSql } from './open-database.ts'
import type { Database } from './schema.ts'

const SQL = `
insert into coverage as c (workspace_id, ranges)
select $1, range_agg(tstzrange(f, t, '[)')) from unnest($2::timestamptz[], $3::timestamptz[]) as proven (f, t)
on conflict (workspace_id) do update set ranges = c.ranges + excluded.ranges, updated_at = clock_timestamp()`

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
  await runSql(trx, SQL, [
    workspaceId,
    ranges.map(({ from }) => formatInstant(from)),
    ranges.map(({ to }) => formatInstant(to ?? 0n)),
  ])
}
