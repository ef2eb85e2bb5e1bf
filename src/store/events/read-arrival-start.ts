import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'
import type { ArrivalCursor } from './read-arrivals.ts'

/** The last id in the order of UUIDs. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/**
 * The place in the order of arrival after which everything stands that a later statement may see and this one does not. All transactions
 * below `pg_snapshot_xmin` have ended, so what they brought is visible from now on. A transaction that is still running may have an id far
 * below `pg_snapshot_xmax`: a reader that went on from there would miss what it brings (I8). Who reads what is there now and then follows
 * the arrivals from here misses nothing, and may see again what committed in between.
 */
export async function readArrivalStart(db: Pick<Db, 'executeQuery'>): Promise<ArrivalCursor> {
  const [row] = await runSql<{ server: string; oldest: string }>(
    db,
    sql`
select (select system_identifier::text from pg_control_system()) as server,
  pg_snapshot_xmin(pg_current_snapshot())::text as oldest`,
  )
  if (row === undefined) throw new Error('The query for the order of arrival returned no row.')
  // After the last event of the transaction before, rather than before the first of this one: an id may be the lowest there is.
  return { server: BigInt(row.server), transaction: BigInt(row.oldest) - 1n, eventId: LAST_ID }
}
