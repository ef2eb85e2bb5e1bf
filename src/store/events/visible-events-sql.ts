import type { EventQuery, EventVisibility } from './event-query.ts'
import { isUuid } from '../../domain/uuid.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'
import type { OrderSql } from './event-order-sql.ts'

/**
 * Up to how many accounts and webviews are read by one merged index scan each.
 *
 * Such a merge stops as soon as the page is full: 500 events of 5 accounts and 2 webviews took 1.9 ms, and 1.7 ms without the restriction.
 * But each scan adds some 0.2 ms, so 35 of them took 9.5 ms. The other way reads the page's length from every account and webview in one
 * join, which is planned once. That is better for many ids, and for short pages unless most of what is read is of another type.
 */
const MERGED_IDS = { forShortReads: 2, forLongReads: 8 }
const SHORT_PAGE = 100

export interface VisibleEvents {
  /** The conditions besides the restriction. */
  where: Sql
  /** What is read of an event. */
  columns: Sql
  /** What the statement answers: those columns, by their names outside of the subquery. */
  answered: Sql
  order: OrderSql
}

/**
 * For a client session: merges the newest events of each of its accounts and webviews. Each is read in order from its own index and no
 * further than the page needs. One condition with `or` would make Postgres sort all events of a quiet account's neighbours, or walk
 * through everybody's, whichever it takes for cheaper.
 */
export function visibleEventsSql(
  query: EventQuery,
  visibility: EventVisibility & { kind: 'only' },
  { where, columns, answered, order }: VisibleEvents,
): Sql {
  const { limit, offset, filters } = query
  const accounts = [...new Set(visibility.connectedAccountIds.filter(isUuid))]
  const webviews = [...new Set(visibility.connectWebviewIds.filter(isUuid))]
  const page = sql`${order.ofFound} limit ${limit} offset ${offset}`
  const read = sql`${columns}, ${order.columns}`
  // Keeps out the webviews' events that were already found through their account.
  const unseen =
    accounts.length === 0 || webviews.length === 0
      ? where
      : sql`${where} and (connected_account_id is null or connected_account_id <> all(${accounts}::uuid[]))`
  const sources = [
    { column: CONNECTED_ACCOUNT_ID, ids: accounts, where },
    { column: CONNECT_WEBVIEW_ID, ids: webviews, where: unseen },
  ].filter(({ ids }) => ids.length > 0)
  // No accounts and no webviews: nothing may be seen.
  if (sources.length === 0)
    return sql`select ${answered} from (select ${read} from events where ${where} and false) as none ${page}`
  const most = sql`${order.ofEvents} limit ${limit + offset}`
  const isShortRead = limit + offset <= SHORT_PAGE && filters.every(({ column }) => column !== 'event_type')
  const mostMerged = isShortRead ? MERGED_IDS.forShortReads : MERGED_IDS.forLongReads
  const scans =
    accounts.length + webviews.length <= mostMerged
      ? sources.flatMap((source) =>
          source.ids.map(
            (id) =>
              sql`(select ${read} from events where ${source.where} and ${source.column} = ${id} ${most})`,
          ),
        )
      : sources.map(
          (source) => sql`(select newest.* from unnest(${source.ids}::uuid[]) as mine (id)
  cross join lateral (select ${read} from events where ${source.where} and ${source.column} = mine.id ${most}) as newest)`,
        )
  return sql`select ${answered} from (${joinSql(scans, '\n  union all ')}) as visible
${page}`
}

const CONNECTED_ACCOUNT_ID = rawSql('connected_account_id')
const CONNECT_WEBVIEW_ID = rawSql('connect_webview_id')

/** The same restriction as plain conditions, for a query that finds few events anyway. */
export function visibilityConditions(visibility: EventVisibility): Sql[] {
  if (visibility.kind === 'all') return []
  const accounts = visibility.connectedAccountIds.filter(isUuid)
  const webviews = visibility.connectWebviewIds.filter(isUuid)
  return [
    sql`(connected_account_id = any(${accounts}::uuid[]) or connect_webview_id = any(${webviews}::uuid[]))`,
  ]
}
