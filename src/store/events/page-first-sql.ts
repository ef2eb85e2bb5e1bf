export interface PageFirst {
  /** What is read of an event. */
  columns: string
  /** What is answered: those columns, and what else is asked in passing. */
  answered: string
  /** The conditions, of the workspace among them. */
  where: string
  workspaceId: string
  limit: string
  offset: string
  /** Finds all events that the conditions allow before it puts them into order: for conditions that allow few. */
  allFirst: boolean
}

/**
 * A list of which the page is found first, by what stands in an index, and only its events are read.
 *
 * For many ids of events Postgres would walk through the index by time until the page is full, because it takes them for spread evenly; ids of no
 * event make that the whole table (1,000,000 rows on a busy machine: 0.95 s for 10,000 ids, and 0.1 s this way, however large the table).
 * And of the events before a far offset it would read the rows: 240 ms for 100,000, and 29 ms this way.
 */
export function pageFirstSql({
  columns,
  answered,
  where,
  workspaceId,
  limit,
  offset,
  allFirst,
}: PageFirst): string {
  const all = `select created_at, event_id from events where ${where}`
  // An offset, even of nothing, keeps what stands around a subquery out of it: here the order and the limit, below another kind of join.
  const source = allFirst ? `select created_at, event_id from (${all} offset 0) as allowed` : all
  return `with page as materialized (
  ${source} order by created_at desc, event_id limit ${limit} offset ${offset}
)
select ${answered} from page
cross join lateral (
  select ${columns} from events where workspace_id = ${workspaceId} and event_id = page.event_id offset 0
) as events
order by page.created_at desc, page.event_id`
}
