import type { EventFilter, EventQuery } from './event-query.ts'
import { formatInstant } from '../../domain/instant.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'
import { anyOfSql } from './any-of-sql.ts'
import { followingSql, NEWEST_FIRST, type OrderSql, orderSql } from './event-order-sql.ts'
import { filterColumn, filterSql } from './event-filter-sql.ts'
import { mergedFilterSql } from './merged-filter-sql.ts'
import { pageFirstSql } from './page-first-sql.ts'
import { visibilityConditions, visibleEventsSql } from './visible-events-sql.ts'

/** From this offset on, reading the rows before the page costs more than finding the page in the index first. */
const FAR_OFFSET = 2_000

/**
 * The statement behind `listEvents`: the page, after a first row with `head` in the place of the event's text where it is given. Postgres
 * gives the parts of a `union all` in their order, because one with a limit is never left to parallel workers.
 *
 * The page has conditions only for what is asked, and pg sends it unnamed, so that Postgres plans each call
 * with its values. The plan depends on how rare the values are: Postgres reads the filter's index, or the index by time and applies the
 * filter on the way. A test explains the statement for every filter.
 */
export function listEventsSql(query: EventQuery, head: Sql | null = null): Sql {
  if (head === null) return pageSql(query)
  const first = sql`select ${head}${query.withSecrets ? NO_SECRETS : NOTHING}`
  const isEmpty = query.filters.some(({ values }) => values.length === 0)
  return isEmpty ? first : sql`${first}\nunion all (${pageSql(query)})`
}

function pageSql(query: EventQuery): Sql {
  const { workspaceId, visibility, filters, limit, offset } = query
  const order = orderSql(query.order ?? NEWEST_FIRST)
  const { read, named: answered } = columnsOf(query, order)
  if (query.anyOf !== undefined)
    return anyOfSql(query.anyOf, {
      workspaceId,
      columns: read,
      answered,
      where: joinSql(
        [rangeSql(query), ...filters.map(filterSql), ...visibilityConditions(visibility)],
        ' and ',
      ),
      limit,
      offset,
      order,
    })
  const merged = mergedFilter(query)
  if (merged !== null)
    return mergedFilterSql(merged, { limit, offset, where: rangeSql(query), columns: read, answered, order })
  const range = rangeSql(query)
  const where = filters.length === 0 ? range : joinSql([range, ...filters.map(filterSql)], ' and ')
  const namesEvents = filters.some(({ column, values }) => column === 'event_id' && values.length > 1)
  if (namesEvents || (visibility.kind === 'all' && offset >= FAR_OFFSET))
    return pageFirstSql({
      workspaceId,
      columns: read,
      answered,
      where: joinSql([where, ...visibilityConditions(visibility)], ' and '),
      limit,
      offset,
      allFirst: namesEvents,
      order,
    })
  if (visibility.kind === 'only')
    return visibleEventsSql(query, visibility, { where, columns: read, answered, order })
  return sql`select ${read} from events where ${where}
${order.ofEvents}
limit ${limit} offset ${offset}`
}

/** What is read of an event, in the order of the answer, and the names of that outside a subquery that also reads the order's columns. */
interface Columns {
  read: Sql
  named: Sql
}

const BODY: Columns = { read: rawSql('body'), named: rawSql('body') }
const WITH_SECRETS: Columns = {
  read: rawSql('body, secrets, event_id as row_id'),
  named: rawSql('body, secrets, row_id'),
}
const NO_SECRETS = rawSql(', null, null')
const NOTHING = rawSql('')

function columnsOf({ withSecrets = false, onlyPositions = false }: EventQuery, { key }: OrderSql): Columns {
  if (onlyPositions) {
    const read = sql`to_char(${key} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as row_time, event_id as row_id`
    return { read, named: rawSql('row_time, row_id') }
  }
  return withSecrets ? WITH_SECRETS : BODY
}

/** The query's filter, if it is the only one, has several values, and has an index that gives the order for each value. Otherwise null. */
function mergedFilter({ visibility, filters, order }: EventQuery): EventFilter | null {
  const [filter, another] = filters
  if (order?.by === 'occurred_at') return null
  if (visibility.kind !== 'all' || filter === undefined || another !== undefined) return null
  const hasOrder = filter.column !== 'event_id' && filterColumn(filter.column).type !== 'uuid[]'
  return hasOrder && new Set(filter.values).size > 1 ? filter : null
}

/** The conditions on the workspace and the time. */
function rangeSql({ workspaceId, after, before, following, order }: EventQuery): Sql {
  let range = sql`workspace_id = ${workspaceId}`
  if (after !== undefined) range = sql`${range} and created_at > ${formatInstant(after)}`
  if (before !== undefined) range = sql`${range} and created_at < ${formatInstant(before)}`
  if (following === undefined) return range
  const at = sql`${formatInstant(following.orderedAt)}`
  return sql`${range} and ${followingSql(order ?? NEWEST_FIRST, at, following.eventId)}`
}
