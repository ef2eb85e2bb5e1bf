import type { Transaction } from 'kysely'
import { type Micros, formatInstant } from '../../domain/instant.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Database } from '../schema.ts'

/**
 * A step that was taken when pollers had watched for `watched` was taken at least (watched now - watched then) ago, so coverage may
 * have reached no further then than the horizon of now minus that. The furthest step that did not pass it is believed. Where there is
 * none, it was wrong from the first step on: what had been read by then is right up to the horizon of that moment.
 */
const SQL = `
with seen as (
  select s.covered_to, $2::timestamptz - (l.watched - s.watched) as horizon
  from coverage_steps s join leases l using (workspace_id) where workspace_id = $1
), believed as (
  select least($2::timestamptz,
    coalesce(max(covered_to) filter (where covered_to <= horizon), min(horizon))) as up_to from seen
), forgotten as (
  delete from coverage_steps s using believed where s.workspace_id = $1 and s.covered_to > believed.up_to
)
update coverage c set updated_at = clock_timestamp(), ranges = c.ranges - tstzmultirange(tstzrange(believed.up_to, null, '[)'))
from believed where c.workspace_id = $1
returning (extract(epoch from believed.up_to) * 1000000)::bigint::text as "upTo"`

/**
 * Takes back coverage when Seam's and the database's clocks both say that it passes the horizon: both were ahead when it was added.
 * With one of them right it never gets there. Events have been created inside the range that was called complete for as long as the clocks
 * were ahead, so it is not enough to cut off what lies beyond the horizon. Returns where coverage ends at the latest from now on.
 */
export async function trimCoverage(
  trx: Transaction<Database>,
  workspaceId: string,
  horizon: Micros,
): Promise<Micros> {
  const [row] = await runSql<{ upTo: string }>(trx, SQL, [workspaceId, formatInstant(horizon)])
  return row === undefined ? horizon : BigInt(row.upTo)
}
