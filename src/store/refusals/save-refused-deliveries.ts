import type { RefusedDeliveries } from '../../domain/refused-deliveries.ts'
import { runSql } from '../../postgres/open-database.ts'
import { rawSql, type Sql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/** How long counts are kept. */
const KEPT = rawSql('make_interval(days => 7)')

const saveSql = (counted: readonly RefusedDeliveries[]): Sql => sql`
with outdated as (
  delete from refused_deliveries where hour < statement_timestamp() - ${KEPT}
)
insert into refused_deliveries as r (hour, reason, deliveries, worst_skew_seconds, last_at)
select date_trunc('hour', last_at), reason, deliveries, worst_skew_seconds, last_at
from unnest(
  ${counted.map(({ reason }) => reason)}::text[],
  ${counted.map(({ deliveries }) => deliveries)}::bigint[],
  ${counted.map(({ worstSkewSeconds }) => worstSkewSeconds)}::bigint[],
  ${counted.map(({ lastAt }) => lastAt)}::timestamptz[]
) as counted (reason, deliveries, worst_skew_seconds, last_at)
order by reason
on conflict (hour, reason) do update set
  deliveries = r.deliveries + excluded.deliveries,
  worst_skew_seconds = case
    when r.worst_skew_seconds is null or abs(excluded.worst_skew_seconds) > abs(r.worst_skew_seconds) then excluded.worst_skew_seconds
    else r.worst_skew_seconds
  end,
  last_at = greatest(r.last_at, excluded.last_at)`

/** Adds what one replica has counted. */
export async function saveRefusedDeliveries(
  db: Pick<Db, 'executeQuery'>,
  counted: readonly RefusedDeliveries[],
): Promise<void> {
  await runSql(db, saveSql(counted))
}
