import { DEVICE_FACETS, DEVICE_FACTS, type DeviceDetail, FACT_LENGTH } from '../../domain/device-facts.ts'
import { formatInstant, type Micros } from '../../domain/instant.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'

/** Which events tell. */
export interface EventScope {
  workspaceId: string
  /** Events created up to and including this instant; null: all. */
  at: Micros | null
  /** Events of these accounts (I10); null: of all. */
  accounts: readonly string[] | null
}

/** The condition on `events`. */
export function scopeSql({ workspaceId, at, accounts }: EventScope): Sql {
  const conditions = [sql`workspace_id = ${workspaceId}`]
  if (at !== null) conditions.push(sql`created_at <= ${formatInstant(at)}`)
  if (accounts !== null) conditions.push(sql`connected_account_id = any(${accounts}::uuid[])`)
  return joinSql(conditions, ' and ')
}

const text = (value: string | null): string => (value === null ? 'null::text' : `'${value}'`)

/** A table of what events tell, as rows `fact (event_type, facet, state)`. */
export function factsSql(facts: readonly { eventType: string; facet: string; state: string | null }[]): Sql {
  const rows = facts.map((fact) => `(${text(fact.eventType)}, ${text(fact.facet)}, ${text(fact.state)})`)
  return rawSql(`(values ${rows.join(', ')}) as fact (event_type, facet, state)`)
}

export interface FactTables {
  all: Sql
  /** Of the facets whose states began with the first of the events that told the same. */
  change: Sql
}

export const DEVICE_FACT_TABLES: FactTables = {
  all: factsSql(DEVICE_FACTS),
  change: factsSql(DEVICE_FACTS.filter(({ facet }) => DEVICE_FACETS[facet].since === 'change')),
}

/**
 * Where the states of devices stand among the events, each read from the end of one range of events_by_device_id_and_type. `asked` is a
 * table expression with device_id and facet, each pair once. The newest event is the first in the order of `/events/list`.
 *
 * Of each state: `newest_at` and `newest_id` of the newest event that tells it; `since` and `event_id` of the event that began it;
 * `is_bounded`, whether that is certain, because an event that told another state came before. Without one, older events that told the
 * same may have been deleted.
 *
 * The rows are put together by grouping, not by joins: Postgres cannot know how many there are, and joined 10,000 with 10,000 row by row.
 */
export function statePositionsSql(
  scope: EventScope,
  asked: Sql,
  facts: FactTables = DEVICE_FACT_TABLES,
): Sql {
  const inScope = scopeSql(scope)
  return sql`(
  with newest as materialized (
    select asked.device_id, asked.facet, fact.state, e.created_at, e.event_id
    from ${asked} as asked join ${facts.all} on fact.facet = asked.facet
    cross join lateral (
      select created_at, event_id from events
      where ${inScope} and device_id = asked.device_id and event_type = fact.event_type
      order by created_at desc, event_id limit 1
    ) as e
  ), placed as (
    select newest.*, row_number() over told as place, first_value(state) over told as told_state
    from newest window told as (partition by device_id, facet order by created_at desc, event_id)
  ), compared as (
    select placed.*, min(place) filter (where state <> told_state) over (partition by device_id, facet) as other_place from placed
  ), told as (
    select device_id, facet, max(told_state) as state,
      ${columnWhere('created_at', 'place = 1')} as newest_at, ${columnWhere('event_id', 'place = 1')} as newest_id,
      ${columnWhere('created_at', 'place = other_place')} as other_at, ${columnWhere('event_id', 'place = other_place')} as other_id
    from compared group by device_id, facet
  )
  select told.device_id, told.facet, told.state, told.newest_at, told.newest_id,
    coalesce(begun.created_at, told.newest_at) as since, coalesce(begun.event_id, told.newest_id) as event_id,
    begun.event_id is null or told.other_id is not null as is_bounded
  from told
  left join lateral (
    select e.created_at, e.event_id from ${facts.change}
    cross join lateral (
      select created_at, event_id from events
      where ${inScope} and device_id = told.device_id and event_type = fact.event_type
        and created_at >= coalesce(told.other_at, '-infinity')
        and (told.other_id is null or created_at > told.other_at or event_id < told.other_id)
      order by created_at, event_id desc limit 1
    ) as e
    where fact.facet = told.facet and fact.state = told.state
    order by e.created_at, e.event_id desc limit 1
  ) as begun on true
)`
}

/** The column of the one row where the condition holds. */
function columnWhere(column: string, condition: string): Sql {
  return rawSql(`(array_agg(${column}) filter (where ${condition}))[1]`)
}

/**
 * The states at those positions, with what the events that began them say more. `positions` is what `statePositionsSql` makes. Adds
 * `occurred_at` and `details` (JSON).
 */
export function statesSql(workspaceId: string, positions: Sql): Sql {
  return sql`(
  select at.device_id, at.facet, coalesce(at.state, ${STATE_SQL}) as state, at.since, e.occurred_at, at.event_id,
    ${DETAILS_SQL} as details, at.newest_at, at.newest_id, at.is_bounded
  from ${positions} as at
  cross join lateral (
    select occurred_at, access_code_id, user_identity_id, ${READABLE_BODY_SQL} as body
    from events where workspace_id = ${workspaceId} and event_id = at.event_id offset 0
  ) as e
)`
}

/**
 * Postgres refuses to read anything from JSON that has \u0000 or half of a surrogate pair anywhere. Such escapes become question marks; two
 * backslashes together are matched so that the second is not taken for the beginning of an escape.
 */
export const READABLE_BODY_SQL = rawSql(String.raw`case when strpos(body::text, '\u') = 0 then body
      else regexp_replace(body::text, '(\\\\)|\\u(?:0000|[dD][89a-fA-F]..)', '\1?', 'g')::json end`)

const STATE_SQL = rawSql(
  `case at.facet ${facetsWith(({ stateField }) =>
    stateField === null ? null : detailSql({ name: 'state', field: stateField, type: 'text' }),
  )} end`,
)

const DETAILS_SQL = rawSql(
  `case at.facet ${facetsWith(({ details }) => {
    const members = details.map((detail) => `'${detail.name}', ${detailSql(detail)}`)
    return members.length === 0 ? null : `json_build_object(${members.join(', ')})`
  })} end`,
)

function facetsWith(
  expressionOf: (rules: (typeof DEVICE_FACETS)[keyof typeof DEVICE_FACETS]) => string | null,
) {
  return Object.entries(DEVICE_FACETS)
    .map(([facet, rules]) => ({ facet, expression: expressionOf(rules) }))
    .filter(({ expression }) => expression !== null)
    .map(({ facet, expression }) => `when '${facet}' then ${expression}`)
    .join(' ')
}

/** A detail from `e`, which has the columns of an event and its readable body. */
export function detailSql({ field, type }: DeviceDetail): string {
  if (type === 'id') return `e.${field}`
  const value = type === 'text' ? `e.body ->> '${field}'` : `e.body -> '${field}'`
  const isOfType = `json_typeof(e.body -> '${field}') = '${type === 'text' ? 'string' : 'number'}'`
  return `case when ${isOfType} and length(e.body ->> '${field}') <= ${FACT_LENGTH} then ${value} end`
}
