import type { EventFilter } from './event-query.ts'
import { joinSql, type Sql, sql } from '../../postgres/sql.ts'
import { filterColumn, filterSql } from './event-filter-sql.ts'
import type { PageFirst } from './page-first-sql.ts'

/**
 * A list statement for events that any of several filters matches. It reads from the index of each value no more than the page needs, merges
 * what it finds, and then reads the page's events. One condition with `or` would make Postgres walk through all events in the list's order.
 */
export function anyOfSql(filters: readonly EventFilter[], page: Omit<PageFirst, 'allFirst'>): Sql {
  const { workspaceId, columns, answered, limit, offset, order } = page
  const scans = filters.filter(({ values }) => values.length > 0).map((filter) => scanSql(filter, page))
  return sql`with found as (
  ${joinSql(scans, '\n  union ')}
), page as materialized (
  select ordered_at, event_id from found ${order.ofFound} limit ${limit} offset ${offset}
)
select ${answered} from page
cross join lateral (
  select ${columns} from events where workspace_id = ${workspaceId} and event_id = page.event_id offset 0
) as events
${order.ofFound}`
}

function scanSql(filter: EventFilter, { where, limit, offset, order }: Omit<PageFirst, 'allFirst'>): Sql {
  const { name, arrayType, type } = filterColumn(filter.column)
  const found = sql`select ${order.columns} from events where ${where}`
  const rest = sql`${order.ofEvents} limit ${limit + offset}`
  if (type === 'uuid[]' || filter.values.length === 1) return sql`(${found} and ${filterSql(filter)} ${rest})`
  return sql`(select newest.* from unnest(${[...new Set(filter.values)]}::${arrayType}) as mine (id)
    cross join lateral (${found} and ${name} = mine.id ${rest}) as newest)`
}
