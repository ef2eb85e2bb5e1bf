import { formatInstant, type Micros } from '../../domain/instant.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'
import { filterSql } from '../events/event-filter-sql.ts'
import { FIRST_PATH_SQL } from '../events/first-path-sql.ts'
import { visibilityConditions } from '../events/visible-events-sql.ts'
import { NO_ACCOUNT } from '../folds/add-counts-sql.ts'
import type { FoldCursor } from '../folds/lock-fold.ts'
import { type Segment, segmentsOf } from './segments-of.ts'
import type { StatsGroup, StatsQuery } from './stats-query.ts'

/** What the groups are made from, of an event and of a row of the roll-ups. */
const OF_EVENT: Record<StatsGroup, Sql> = {
  event_type: rawSql("coalesce(event_type, '')"),
  event_family: rawSql("split_part(coalesce(event_type, ''), '.', 1)"),
  device_id: rawSql('device_id'),
  connected_account_id: rawSql('connected_account_id'),
  space_id: rawSql('space_id'),
  path: FIRST_PATH_SQL,
}
const OF_ROLLUP: Partial<Record<StatsGroup, Sql>> = {
  event_type: rawSql('event_type'),
  event_family: rawSql("split_part(event_type, '.', 1)"),
  connected_account_id: rawSql(`nullif(connected_account_id, '${NO_ACCOUNT}')`),
  path: rawSql('path'),
}

/** How a group's value is answered: as text, null when the event has none. */
const ANSWERED: Partial<Record<StatsGroup, (name: Sql) => Sql>> = {
  event_type: (name) => sql`nullif(${name}, '')`,
  event_family: (name) => sql`nullif(${name}, '')`,
}

/**
 * The statement that counts a query's events: one row for each bucket and group that has any, `[bucket, …values of the groups, count]`, in no order.
 *
 * With roll-ups, it adds up three things: whole quarter hours of the roll-ups, the events at both ends of the window that fill no quarter,
 * and, in between, the events that are not folded yet, which are those after the fold's cursor in the order of arrival. That is what the
 * plain count gives, if the cursor and everything else come from one snapshot (I16).
 *
 * @param folded The cursor. Null: nothing is folded, so everything is counted from the events.
 */
export function countEventsSql(
  query: StatsQuery,
  bounds: readonly Micros[],
  folded: FoldCursor | null,
  limit: number,
): Sql {
  const names = query.groupBy.map((_, i) => rawSql(`g${i}`))
  const answered = query.groupBy.map((group, i) => {
    const name = rawSql(`g${i}`)
    return sql`${ANSWERED[group]?.(name) ?? name}::text as ${name}`
  })
  const parts = partsOf(query, bounds, folded)
  const starts = sql`${bounds.slice(0, -1).map(formatInstant)}::timestamptz[]`
  return sql`
select ${joinSql([rawSql('bucket'), ...answered, rawSql('sum(n)::float8 as count')], ', ')} from (
  select width_bucket(at, ${starts}) - 1 as bucket, ${joinSql([...names, rawSql('n')], ', ')}
  from (${joinSql(parts, '\n  union all ')}) as parts
) as counted
group by ${joinSql([rawSql('bucket'), ...names], ', ')}
limit ${limit}`
}

function partsOf(query: StatsQuery, bounds: readonly Micros[], folded: FoldCursor | null): Sql[] {
  const [from, to] = [bounds[0] ?? 0n, bounds.at(-1) ?? 0n]
  const cut = folded === null ? null : cutFor(query)
  if (folded === null || cut === null) return [eventsPart(query, from, to)]
  const segments = segmentsOf(bounds)
  const rolledUp = segments.filter(({ source }) => source !== 'events')
  const parts = segments.map((segment) =>
    segment.source === 'events'
      ? eventsPart(query, segment.from, segment.to)
      : rollupPart(query, cut, segment),
  )
  const [first, last] = [rolledUp[0], rolledUp.at(-1)]
  if (first === undefined || last === undefined) return parts
  return [...parts, eventsPart(query, first.from, last.to, folded)]
}

type Cut = 'all' | 'type' | 'account'

/** The cut of the roll-ups that can answer the query; null when none can. */
function cutFor({ unit, visibility, filters, groupBy }: StatsQuery): Cut | null {
  if (unit === 'minute' || visibility.kind === 'only') return null
  if (filters.some(({ column }) => column !== 'event_type')) return null
  if (groupBy.some((group) => OF_ROLLUP[group] === undefined)) return null
  const byType =
    filters.length > 0 || groupBy.some((group) => group === 'event_type' || group === 'event_family')
  const byAccount = groupBy.includes('connected_account_id')
  if (byType && byAccount) return null
  return byType ? 'type' : byAccount ? 'account' : 'all'
}

/** Events created in [from, to); with a cursor, only those that arrived after it. */
function eventsPart(query: StatsQuery, from: Micros, to: Micros, after?: FoldCursor): Sql {
  const { workspaceId, visibility, filters, groupBy } = query
  const conditions = [
    sql`workspace_id = ${workspaceId} and created_at >= ${formatInstant(from)} and created_at < ${formatInstant(to)}`,
    ...(after === undefined
      ? []
      : [sql`(arrival_transaction, event_id) > (${after.transaction}::xid8, ${after.eventId}::uuid)`]),
    ...filters.map(filterSql),
    ...visibilityConditions(visibility),
  ]
  const values = groupBy.map((group, i) => sql`${OF_EVENT[group]} as ${rawSql(`g${i}`)}`)
  return sql`select ${joinSql([rawSql('created_at as at'), ...values, rawSql('1 as n')], ', ')}
  from events where ${joinSql(conditions, ' and ')}`
}

function rollupPart(query: StatsQuery, cut: Cut, { source, from, to }: Segment): Sql {
  const { workspaceId, filters, groupBy } = query
  const values = groupBy.map((group, i) => sql`${OF_ROLLUP[group] ?? rawSql('null')} as ${rawSql(`g${i}`)}`)
  const conditions = [
    sql`workspace_id = ${workspaceId} and cut = ${rawSql(`'${cut}'`)}`,
    ...filters.map(filterSql),
  ]
  const [first, end] = [sql`${formatInstant(from)}::timestamptz`, sql`${formatInstant(to)}::timestamptz`]
  if (source === 'hours')
    return sql`select ${joinSql([rawSql('hour as at'), ...values, rawSql('q0 + q1 + q2 + q3 as n')], ', ')}
  from event_counts where ${joinSql([...conditions, sql`hour >= ${first} and hour < ${end}`], ' and ')}`
  return sql`select ${joinSql([rawSql('at'), ...values, rawSql('n')], ', ')}
  from event_counts, lateral (values (hour, q0), (hour + interval '15 minutes', q1),
    (hour + interval '30 minutes', q2), (hour + interval '45 minutes', q3)) as quarters (at, n)
  where ${joinSql([...conditions, sql`hour > ${first} - interval '1 hour' and hour < ${end} and at >= ${first} and at < ${end} and n <> 0`], ' and ')}`
}
