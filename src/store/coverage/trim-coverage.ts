import type { Transaction } from 'kysely'
import { type Micros, formatInstant } from '../../domain/instant.ts'
import { runSql } from '../../postgres/open-database.ts'
import { type Sql, sql } from '../../postgres/sql.ts'
import type { Database } from '../schema.ts'

/**
 * Each step says how far coverage reached when the pollers had watched for `watched`. At least (watched now - watched then) has passed
 * since, so at that step coverage cannot truly have passed today's horizon minus that time. The furthest step that did not pass its
 * horizon is believed. If there is none, coverage was wrong from the first step on, and is believed up to the horizon of that step.
 */
function trimSql(workspaceId: string, horizon: Micros): Sql {
  const believedUpTo = sql`${formatInstant(horizon)}::timestamptz`
  const workspace = sql`${workspaceId}`
  return sql`
with seen as (
  select s.covered_to, ${believedUpTo} - (l.watched - s.watched) as horizon
  from coverage_steps s join leases l using (workspace_id) where workspace_id = ${workspace}
), believed as (
  select least(${believedUpTo},
    coalesce(max(covered_to) filter (where covered_to <= horizon), min(horizon))) as up_to from seen
), forgotten as (
  delete from coverage_steps s using believed where s.workspace_id = ${workspace} and s.covered_to > believed.up_to
)
update coverage c set updated_at = clock_timestamp(), ranges = c.ranges - tstzmultirange(tstzrange(believed.up_to, null, '[)'))
from believed where c.workspace_id = ${workspace}
returning (extract(epoch from believed.up_to) * 1000000)::bigint::text as "upTo"`
}

/**
 * Takes back coverage when Seam's and the database's clocks both say that it passes the horizon. Then both were ahead when it was added;
 * had one been right, coverage could not have got there. While they were ahead, events were created inside the range that was called
 * complete, so cutting off what lies beyond the horizon is not enough. Returns the instant that coverage no longer passes.
 */
export async function trimCoverage(
  trx: Transaction<Database>,
  workspaceId: string,
  horizon: Micros,
): Promise<Micros> {
  const [row] = await runSql<{ upTo: string }>(trx, trimSql(workspaceId, horizon))
  return row === undefined ? horizon : BigInt(row.upTo)
}
