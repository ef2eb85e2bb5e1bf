import { formatInstant, type Micros } from '../../domain/instant.ts'
import type { RefusedDeliveries } from '../../domain/refused-deliveries.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

const SQL = `
select reason, sum(deliveries)::float8 as deliveries,
  ((array_agg(worst_skew_seconds order by abs(worst_skew_seconds) desc nulls last))[1])::float8 as "worstSkewSeconds",
  to_char(max(last_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "lastAt"
from refused_deliveries where last_at >= $1 and hour < $2
group by reason order by 2 desc`

/** The deliveries that all replicas refused in `[from, to)`, by whole hours, as far as the replicas have written them down. */
export async function readRefusedDeliveries(db: Db, from: Micros, to: Micros): Promise<RefusedDeliveries[]> {
  return runSql<RefusedDeliveries>(db, SQL, [formatInstant(from), formatInstant(to)])
}
