import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

/** Events that are stored, and not found by a column that could not hold what they say. */
export interface LeftOutCount {
  /** Which column, and why: `customer_key: too long`. */
  what: string
  events: number
}

/** There may be as many as combinations of columns and reasons. */
const MOST_SHOWN = 20

/** By the index on nothing but such events. */
const SQL = `
select left_out as what, count(*)::int as events from events
where workspace_id = $1 and left_out is not null
group by left_out order by 2 desc, 1 limit ${MOST_SHOWN}`

export async function readLeftOutCounts(db: Db, workspaceId: string): Promise<LeftOutCount[]> {
  return runSql<LeftOutCount>(db, SQL, [workspaceId])
}
