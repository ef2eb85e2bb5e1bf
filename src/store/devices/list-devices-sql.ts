import type { DeviceQuery } from './device-query.ts'
import type { DeviceFacet } from '../../domain/device-facts.ts'
import { formatInstant } from '../../domain/instant.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'
import { accountSql, candidatesSql, eventScope, namesSql } from './candidates-sql.ts'
import { type EventScope, scopeSql, statePositionsSql, statesSql } from './device-states-sql.ts'
import { statesNowSql } from './kept-states-sql.ts'
import type { DeviceAccount } from './list-unfolded-devices.ts'

const ALL_FACETS: readonly DeviceFacet[] = ['connection', 'battery', 'lock', 'presence']

/**
 * The page: device_id and since. Its length is known to Postgres only when it comes back as values, so everything else about the page's
 * devices is asked for by `devicesSql`. In one statement, a filter's page was estimated at one row, and 500 rows were then joined with all
 * states row by row (2.6 s).
 */
export function devicePageSql(query: DeviceQuery, unfolded: readonly DeviceAccount[]): Sql {
  const scope = eventScope(query)
  return sql`
with candidates as materialized (
  ${candidatesSql(query, unfolded)}
)
${pageSql(query, sortedStatesSql(query, scope, idsOf(unfolded)))}`
}

/** Everything that is known of these devices, in their order. */
export function devicesSql(
  query: DeviceQuery,
  deviceIds: readonly string[],
  unfolded: readonly DeviceAccount[],
): Sql {
  const scope = eventScope(query)
  const inScope = scopeSql(scope)
  return sql`
with page as materialized (
  select device_id, place from unnest(${deviceIds}::uuid[]) with ordinality as page (device_id, place)
), states as (
  select device_id, json_object_agg(facet, json_build_object('state', state, 'since', ${instantSql('since')},
    'occurred_at', ${instantSql('occurred_at')}, 'event_id', event_id, 'details', details)) as told
  from ${allStatesSql(scope, idsOf(unfolded))} as states group by device_id
)
select page.device_id::text as "deviceId", named.name, coalesce(account.connected_account_id, named.connected_account_id)::text as "connectedAccountId", last.event as "lastEvent",
  coalesce(states.told, '{}') as states
from page
left join states on states.device_id = page.device_id
left join lateral (
  select json_build_object('event_id', event_id, 'event_type', event_type, 'created_at', ${instantSql('created_at')},
    'occurred_at', ${instantSql('occurred_at')}) as event
  from events where ${inScope} and device_id = page.device_id order by created_at desc, event_id limit 1
) as last on true
left join lateral (
  ${accountSql(inScope, sql`page.device_id`)}
) as account on true
left join lateral (select n.name, n.connected_account_id ${namesSql(query)} and n.id = page.device_id) as named on true
order by page.place`
}

function idsOf(unfolded: readonly DeviceAccount[]): string[] {
  return [...new Set(unfolded.map(({ deviceId }) => deviceId))]
}

/** The states of the candidates that decide which of them are on the page. */
function sortedStatesSql(query: DeviceQuery, scope: EventScope, unfoldedIds: readonly string[]): Sql {
  const facets: DeviceFacet[] = ['connection']
  if (query.isRemoved !== undefined) facets.push('presence')
  const byType = askedSql('candidates', facets)
  const battery = askedSql('candidates', ['battery'])
  const hasBattery = query.battery !== undefined
  if (isNow(scope)) {
    const asked = hasBattery ? sql`(${byType} union all ${battery})` : sql`(${byType})`
    return statesNowSql(scope.workspaceId, asked, hasBattery ? [...facets, 'battery'] : facets, unfoldedIds)
  }
  // The types alone tell these states, so the events themselves need not be read.
  const positions = statePositionsSql(scope, sql`(${byType})`)
  if (!hasBattery) return positions
  const batteries = statesSql(scope.workspaceId, statePositionsSql(scope, sql`(${battery})`))
  return sql`(select device_id, facet, state, since from ${positions} as byType
  union all select device_id, facet, state, since from ${batteries} as batteries)`
}

function allStatesSql(scope: EventScope, unfoldedIds: readonly string[]): Sql {
  const asked = sql`(${askedSql('page', ALL_FACETS)})`
  if (isNow(scope)) return statesNowSql(scope.workspaceId, asked, ALL_FACETS, unfoldedIds)
  return statesSql(scope.workspaceId, statePositionsSql(scope, asked))
}

/** Whether the states are those that are kept: of everything, until now. */
function isNow({ at, accounts }: EventScope): boolean {
  return at === null && accounts === null
}

function askedSql(devices: string, facets: readonly DeviceFacet[]): Sql {
  return sql`select device_id, facet from ${rawSql(devices)} cross join unnest(${facets}::text[]) as facets (facet)`
}

/**
 * The page, by the states that it is sorted and filtered by. They are put together by grouping: Postgres cannot know how many there are, and
 * would join them row by row.
 */
function pageSql(query: DeviceQuery, sorted: Sql): Sql {
  const { connection, battery, isRemoved, limit, order } = query
  const direction = rawSql(order === 'longest' ? 'asc' : 'desc')
  const conditions = [sql`true`]
  if (connection !== undefined) conditions.push(sql`coalesce(connection, 'unknown') = ${connection}`)
  if (battery !== undefined) conditions.push(sql`coalesce(battery, 'unknown') = ${battery}`)
  if (isRemoved !== undefined) conditions.push(sql`coalesce(presence = 'removed', false) = ${isRemoved}`)
  const following = followingSql(query)
  if (following !== null) conditions.push(following)
  return sql`select device_id::text as "deviceId", (extract(epoch from since) * 1000000)::bigint::text as since from (
    select device_id, ${rawSql(SORTED_COLUMNS)} from (
      select device_id, null::text as facet, null::text as state, null::timestamptz as since from candidates
      union all select device_id, facet, state, since from ${sorted} as sorted
    ) as told group by device_id
  ) as devices
  where ${joinSql(conditions, ' and ')}
  order by devices.since ${direction} nulls last, devices.device_id limit ${limit}`
}

const SORTED_COLUMNS = [
  ...['connection', 'battery', 'presence'].map(
    (facet) => `max(state) filter (where facet = '${facet}') as ${facet}`,
  ),
  "max(since) filter (where facet = 'connection') as since",
].join(', ')

function followingSql({ following, order }: DeviceQuery): Sql | null {
  if (following === undefined) return null
  const isLater = sql`device_id > ${following.deviceId}`
  if (following.since === null) return sql`(since is null and ${isLater})`
  const since = sql`${formatInstant(following.since)}::timestamptz`
  const isBeyond = order === 'longest' ? sql`since > ${since}` : sql`since < ${since}`
  return sql`(since is null or ${isBeyond} or (since = ${since} and ${isLater}))`
}

function instantSql(column: string): Sql {
  return rawSql(`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`)
}
