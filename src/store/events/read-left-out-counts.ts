import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/** How many stored events cannot be found by a column, because it could not hold their value. */
export interface LeftOutCount {
  /** Which column, and why: `customer_key: too long`. */
  what: string
  events: number
}

/** Limits the answer, because there may be as many rows as combinations of columns and reasons. */
const MOST_SHOWN = 20

/** Reads events_by_left_out, an index of such events only. */
export async function readLeftOutCounts(db: Db, workspaceId: string): Promise<LeftOutCount[]> {
  return runSql<LeftOutCount>(
    db,
    sql`
select left_out as what, count(*)::int as events from events
where workspace_id = ${workspaceId} and left_out is not null
group by left_out order by 2 desc, 1 limit ${MOST_SHOWN}`,
  )
}
