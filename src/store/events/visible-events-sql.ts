import { isUuid } from '../../domain/uuid.ts'
import type { EventQuery, EventVisibility } from './list-events.ts'

/**
 * Up to how many accounts and webviews are read by one merged index scan each.
 *
 * Such a merge stops as soon as the page is full: 500 events of 5 accounts and 2 webviews took 1.9 ms, and 1.7 ms without the restriction.
 * But each scan adds some 0.2 ms, so 35 of them took 9.5 ms. The other way reads the page's length from every account and webview in one
 * join, which is planned once. That is better for many ids, and for short pages unless most of what is read is of another type.
 */
const MERGED_IDS = { forShortReads: 2, forLongReads: 8 }
const SHORT_PAGE = 100

/**
 * For a client session: merges the newest events of each of its accounts and webviews. Each is read in order from its own index and no
 * further than the page needs. One condition with `or` would make Postgres sort all events of a quiet account's neighbours, or walk
 * through everybody's, whichever it takes for cheaper.
 */
export function visibleEventsSql(
  query: EventQuery,
  visibility: EventVisibility & { kind: 'only' },
  where: string,
  columnsOfEvent: string,
  answered: string,
  parameter: (value: unknown) => string,
): string {
  const { limit, offset, filters } = query
  const accounts = [...new Set(visibility.connectedAccountIds.filter(isUuid))]
  const webviews = [...new Set(visibility.connectWebviewIds.filter(isUuid))]
  const page = `order by created_at desc, event_id limit ${parameter(limit)} offset ${parameter(offset)}`
  const columns = `${columnsOfEvent}, created_at, event_id`
  // Keeps out the webviews' events that were already found through their account.
  const isUnseen =
    accounts.length === 0 || webviews.length === 0
      ? 'true'
      : `(connected_account_id is null or connected_account_id <> all(${parameter(accounts)}::uuid[]))`
  const sources = [
    { column: 'connected_account_id', ids: accounts, where },
    { column: 'connect_webview_id', ids: webviews, where: `${where} and ${isUnseen}` },
  ].filter(({ ids }) => ids.length > 0)
  // No accounts and no webviews: nothing may be seen.
  if (sources.length === 0)
    return `select ${answered} from (select ${columns} from events where ${where} and false) as none ${page}`
  const most = `order by created_at desc, event_id limit ${parameter(limit + offset)}`
  const isShortRead = limit + offset <= SHORT_PAGE && filters.every(({ column }) => column !== 'event_type')
  const mostMerged = isShortRead ? MERGED_IDS.forShortReads : MERGED_IDS.forLongReads
  const scans =
    accounts.length + webviews.length <= mostMerged
      ? sources.flatMap((source) =>
          source.ids.map(
            (id) =>
              `(select ${columns} from events where ${source.where} and ${source.column} = ${parameter(id)} ${most})`,
          ),
        )
      : sources.map(
          (source) => `(select newest.* from unnest(${parameter(source.ids)}::uuid[]) as mine (id)
  cross join lateral (select ${columns} from events where ${source.where} and ${source.column} = mine.id ${most}) as newest)`,
        )
  return `select ${answered} from (${scans.join('\n  union all ')}) as visible\n${page}`
}

/** The same restriction as plain conditions, for a query that finds few events anyway. */
export function visibilityConditions(
  visibility: EventVisibility,
  parameter: (value: unknown) => string,
): string[] {
  if (visibility.kind === 'all') return []
  const accounts = parameter(visibility.connectedAccountIds.filter(isUuid))
  const webviews = parameter(visibility.connectWebviewIds.filter(isUuid))
  return [
    `(connected_account_id = any(${accounts}::uuid[]) or connect_webview_id = any(${webviews}::uuid[]))`,
  ]
}
