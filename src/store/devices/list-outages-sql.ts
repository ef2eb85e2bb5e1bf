import type { BeganOutage, OutageQuery } from './outage-query.ts'
import { DEVICE_FACETS, OUTAGE_FACTS } from '../../domain/device-facts.ts'
import { formatInstant } from '../../domain/instant.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'
import { accountSql, candidatesSql, eventScope, namesSql } from './candidates-sql.ts'
import {
  detailSql,
  type FactTables,
  factsSql,
  READABLE_BODY_SQL,
  scopeSql,
  statePositionsSql,
} from './device-states-sql.ts'
import type { DeviceAccount } from './list-unfolded-devices.ts'

const FACTS = OUTAGE_FACTS.map(({ eventType, state }) => ({ eventType, facet: 'outage', state }))
const ALL = factsSql(FACTS)
const BEGIN = factsSql(FACTS.filter(({ state }) => state === 'out'))
const END = factsSql(FACTS.filter(({ state }) => state === 'over'))
const TABLES: FactTables = { all: ALL, change: ALL }

const MICROS = rawSql('(extract(epoch from created_at) * 1000000)::bigint::text')
const CAUSE = rawSql(DEVICE_FACETS.connection.details.map(detailSql).join(', '))

/**
 * The newest disconnections of the window, and whether each began an outage: whether what came before was anything else than a
 * disconnection.
 *
 * They are read by type, or with a filter device by device. Both read `limit` from the end of ranges of an index: asked for as many as it
 * takes to find `limit` beginnings, Postgres reads all of them (1.6 s for a year).
 */
export function disconnectionsSql(query: OutageQuery, unfolded: readonly DeviceAccount[]): Sql {
  const inScope = everSql(query)
  return sql`
with gone as materialized (
  select device_id, created_at, event_id from ${newestSql(query, unfolded)} as newest
  order by created_at desc, event_id limit ${query.limit}
)
select device_id::text as "deviceId", event_id::text as "eventId", ${MICROS} as "createdAt", (
    select earlier.state from (
      select fact.state, e.created_at, e.event_id from ${ALL} cross join lateral (
        select created_at, event_id from events
        where ${inScope} and device_id = gone.device_id and event_type = fact.event_type
          and created_at <= gone.created_at and (created_at < gone.created_at or event_id > gone.event_id)
        order by created_at desc, event_id limit 1
      ) as e
    ) as earlier order by earlier.created_at desc, earlier.event_id limit 1
  ) is distinct from 'out' as "isBeginning"
from gone order by created_at desc, event_id`
}

function newestSql(query: OutageQuery, unfolded: readonly DeviceAccount[]): Sql {
  const { at, before, limit } = query
  const conditions = [everSql(query), sql`created_at > ${formatInstant(at)}`]
  if (before !== null) conditions.push(sql`created_at < ${formatInstant(before)}`)
  const following = followingSql(query, 'created_at')
  if (following !== null) conditions.push(following)
  const where = joinSql(conditions, ' and ')
  const newest = sql`order by created_at desc, event_id limit ${limit}`
  if (isNarrow(query))
    return sql`(
    select e.* from (${candidatesSql({ ...query, at: null }, unfolded)}) as candidates cross join ${BEGIN}
    cross join lateral (
      select device_id, created_at, event_id from events
      where ${where} and device_id = candidates.device_id and event_type = fact.event_type ${newest}
    ) as e
  )`
  const byType = FACTS.filter(({ state }) => state === 'out').map(
    ({ eventType }) =>
      sql`(select device_id, created_at, event_id from events where ${where} and device_id is not null and event_type = ${eventType} ${newest})`,
  )
  return sql`(${joinSql(byType, ' union all ')})`
}

function isNarrow({ visibility, deviceIds, connectedAccountId, spaceId, q }: OutageQuery): boolean {
  const filters = [deviceIds, connectedAccountId, spaceId, q]
  return visibility.kind === 'only' || filters.some((filter) => filter !== undefined)
}

/** Outages that lasted when the window began. */
export function openOutagesSql(query: OutageQuery, unfolded: readonly DeviceAccount[]): Sql {
  const asked = sql`(select device_id, 'outage' as facet from candidates)`
  const following = followingSql(query, 'since') ?? sql`true`
  return sql`
with candidates as materialized (${candidatesSql({ ...query, at: null }, unfolded)})
select device_id::text as "deviceId", event_id::text as "eventId", (extract(epoch from since) * 1000000)::bigint::text as "createdAt"
from ${statePositionsSql(eventScope(query), asked, TABLES)} as positions
where state = 'out' and ${following}
order by since desc, event_id limit ${query.limit}`
}

/** Everything about these outages, in their order. */
export function outagesSql(query: OutageQuery, began: readonly BeganOutage[]): Sql {
  const { workspaceId } = query
  const inScope = everSql(query)
  const deviceIds = began.map(({ deviceId }) => deviceId)
  const eventIds = began.map(({ eventId }) => eventId)
  return sql`
with page as materialized (
  select device_id, event_id, place from unnest(${deviceIds}::uuid[], ${eventIds}::uuid[]) with ordinality as page (device_id, event_id, place)
)
select page.device_id::text as "deviceId", named.name,
  coalesce(account.connected_account_id, named.connected_account_id)::text as "connectedAccountId",
  ${timeSql('e.created_at')} as from, ${timeSql('ended.created_at')} as to,
  extract(epoch from ended.created_at - e.created_at)::float8 as seconds, ${CAUSE} as cause,
  e.event_id::text as "eventId", ended.event_type as "endedBy", ended.event_id::text as "endEventId"
from page
cross join lateral (
  select event_id, created_at, ${READABLE_BODY_SQL} as body from events
  where workspace_id = ${workspaceId} and event_id = page.event_id offset 0
) as e
left join lateral (
  select later.* from ${END} cross join lateral (
    select event_id, event_type, created_at from events
    where ${inScope} and device_id = page.device_id and event_type = fact.event_type
      and created_at >= e.created_at and (created_at > e.created_at or event_id < e.event_id)
    order by created_at, event_id desc limit 1
  ) as later
  order by later.created_at, later.event_id desc limit 1
) as ended on true
left join lateral (select n.name, n.connected_account_id ${namesSql(query)} and n.id = page.device_id) as named on true
left join lateral (${accountSql(inScope, sql`page.device_id`)}) as account on true
order by page.place`
}

/** The events of all time that the caller may see. */
function everSql(query: OutageQuery): Sql {
  return scopeSql({ ...eventScope(query), at: null })
}

function followingSql({ following }: OutageQuery, column: string): Sql | null {
  if (following === undefined) return null
  const createdAt = sql`${formatInstant(following.createdAt)}::timestamptz`
  return sql`${rawSql(column)} <= ${createdAt} and (${rawSql(column)} < ${createdAt} or event_id > ${following.eventId})`
}

function timeSql(column: string): Sql {
  return rawSql(`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`)
}
