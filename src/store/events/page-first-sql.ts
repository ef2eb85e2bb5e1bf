import { type Sql, sql } from '../../postgres/sql.ts'
import type { OrderSql } from './event-order-sql.ts'

export interface PageFirst {
  workspaceId: string
  /** What is read of an event. */
  columns: Sql
  /** What the statement answers: those columns, by their names outside of the subquery. */
  answered: Sql
  /** The conditions, including the one on the workspace. */
  where: Sql
  limit: number
  offset: number
  /** Finds all events that the conditions allow before it orders them. Meant for conditions that allow few events. */
  allFirst: boolean
  order: OrderSql
}

/**
 * A list statement that first finds the page in an index and then reads only the page's events. It helps in two cases:
 *
 * - Many event ids: Postgres would take them for spread evenly and walk through the index by time until the page is full. With ids of no
 *   event that is the whole table: 0.95 s for 10,000 ids among 1,000,000 rows on a busy machine. This way takes 0.1 s, however large the
 *   table.
 * - A far offset: Postgres would read the rows of all events before it: 240 ms for 100,000. This way takes 29 ms.
 */
export function pageFirstSql(page: PageFirst): Sql {
  const { workspaceId, columns, answered, where, limit, offset, allFirst, order } = page
  const all = sql`select ${order.columns} from events where ${where}`
  // `offset 0` keeps Postgres from merging a subquery with what is around it: here with the order and limit, below with another kind of join.
  const source = allFirst ? sql`select * from (${all} offset 0) as allowed` : all
  return sql`with page as materialized (
  ${source} ${allFirst ? order.ofFound : order.ofEvents} limit ${limit} offset ${offset}
)
select ${answered} from page
cross join lateral (
  select ${columns} from events where workspace_id = ${workspaceId} and event_id = page.event_id offset 0
) as events
${order.ofFound}`
}
