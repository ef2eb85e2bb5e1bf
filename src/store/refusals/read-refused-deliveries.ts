import { sql } from 'kysely'
import { formatInstant, type Micros } from '../../domain/instant.ts'
import type { RefusalReason, RefusedDeliveries } from '../../domain/refused-deliveries.ts'
import type { Db } from '../database.ts'
import { rfc3339 } from '../expressions.ts'

/** The deliveries that all replicas refused in `[from, to)`, by whole hours, as far as the replicas have written them down. */
export async function readRefusedDeliveries(db: Db, from: Micros, to: Micros): Promise<RefusedDeliveries[]> {
  return db
    .selectFrom('refused_deliveries')
    .select((eb) => [
      eb.ref('reason').$castTo<RefusalReason>().as('reason'),
      sql<number>`sum(${eb.ref('deliveries')})::float8`.as('deliveries'),
      sql<number | null>`((array_agg(${eb.ref('worst_skew_seconds')}
        order by abs(${eb.ref('worst_skew_seconds')}) desc nulls last))[1])::float8`.as('worstSkewSeconds'),
      rfc3339(eb.fn.max<string>('last_at'), 'milliseconds').as('lastAt'),
    ])
    .where('last_at', '>=', formatInstant(from))
    .where('hour', '<', formatInstant(to))
    .groupBy('reason')
    .orderBy('deliveries', 'desc')
    .execute()
}
