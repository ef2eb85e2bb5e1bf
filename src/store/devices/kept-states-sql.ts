import type { DeviceFacet } from '../../domain/device-facts.ts'
import { rawSql, type Sql, sql } from '../../postgres/sql.ts'
import { DEVICE_FACT_TABLES, statePositionsSql, statesSql } from './device-states-sql.ts'

/**
 * Keeps which devices there are, of the events in `page` (store/folds/fold-page.ts), where a missing account is the nil UUID.
 */
export function keepDevicesSql(workspaceId: string): Sql {
  return sql`insert into device_accounts (workspace_id, device_id, connected_account_id)
  select distinct ${workspaceId}::uuid, device_id, connected_account_id from page where device_id is not null
  on conflict do nothing`
}

/**
 * Keeps the states that the events in `page` can have changed. They are not taken from these events but read anew from all events, so it
 * does not matter in which order events arrive, nor whether some are folded twice.
 *
 * A kept state outlives its events: when they were deleted, it is replaced only by what newer events tell.
 */
export function keepStatesSql(workspaceId: string): Sql {
  const asked = sql`(select distinct device_id, facet from page join ${DEVICE_FACT_TABLES.all} using (event_type) where device_id is not null)`
  const states = statesSql(workspaceId, statePositionsSql({ workspaceId, at: null, accounts: null }, asked))
  return sql`insert into device_states as kept (workspace_id, device_id, facet, ${rawSql(STATE.join(', '))})
  select ${workspaceId}::uuid, device_id, facet, ${rawSql(STATE.join(', '))} from ${states} as states
  on conflict (workspace_id, device_id, facet) do update set
    state = excluded.state, newest_at = excluded.newest_at, newest_id = excluded.newest_id, is_bounded = excluded.is_bounded,
    ${rawSql(BEGINNING.map((name) => `${name} = ${mergedBeginning(name, 'kept', 'excluded')}`).join(',\n    '))}
  where not ${rawSql(isNewer('kept', 'excluded'))}`
}

/** The columns about the event that began a state. */
const BEGINNING: readonly string[] = ['since', 'occurred_at', 'event_id', 'details']
/** All columns of a state. */
const STATE = ['state', 'newest_at', 'newest_id', 'is_bounded', ...BEGINNING]

/** Whether the kept state is told by a newer event than the computed one: that one's events were deleted, or it was computed before. */
function isNewer(kept: string, computed: string): string {
  return `(${kept}.newest_at > ${computed}.newest_at or (${kept}.newest_at = ${computed}.newest_at and ${kept}.newest_id < ${computed}.newest_id))`
}

/** A state that is told again began when the kept one did, unless the events that are left tell of another between. */
function mergedBeginning(name: string, kept: string, computed: string): string {
  const isSame = `not ${computed}.is_bounded and ${kept}.state = ${computed}.state and ${kept}.since < ${computed}.since`
  return `case when ${isSame} then ${kept}.${name} else ${computed}.${name} end`
}

/**
 * The states now: those that are kept, and of devices with unfolded events those that the fold would keep. `asked` is a table expression
 * with device_id and facet, each pair once; `facets` are those in it, so that no others are read.
 */
export function statesNowSql(
  workspaceId: string,
  asked: Sql,
  facets: readonly DeviceFacet[],
  unfoldedIds: readonly string[],
): Sql {
  const kept = sql`select device_id, facet, ${rawSql(STATE.map((name) => `kept.${name}`).join(', '))}
  from asked join device_states kept using (device_id, facet)
  where kept.workspace_id = ${workspaceId} and kept.facet = any(${facets}::text[])`
  const asking = sql`with asked as materialized (select device_id, facet from ${asked} as asked)`
  // Mostly everything is folded, and then there is a third of the statement to plan.
  if (unfoldedIds.length === 0) return sql`(${asking} ${kept})`
  return sql`(
  ${asking}, unfolded as materialized (select device_id, facet from asked where device_id = any(${unfoldedIds}::uuid[]))
  ${kept} and device_id <> all(${unfoldedIds}::uuid[])
  union all ${unfoldedStatesSql(workspaceId)}
)`
}

/** The states of the devices in `unfolded`, as the fold would keep them. */
function unfoldedStatesSql(workspaceId: string): Sql {
  const computed = statesSql(
    workspaceId,
    statePositionsSql({ workspaceId, at: null, accounts: null }, rawSql('unfolded')),
  )
  const columns = STATE.map((name) => {
    const merged = BEGINNING.includes(name) ? mergedBeginning(name, 'kept', 'computed') : `computed.${name}`
    return `case when is_kept then kept.${name} else ${merged} end as ${name}`
  })
  return sql`select unfolded.device_id, unfolded.facet, ${rawSql(columns.join(',\n    '))}
  from unfolded
  left join device_states kept on kept.workspace_id = ${workspaceId}
    and kept.device_id = unfolded.device_id and kept.facet = unfolded.facet
  left join ${computed} as computed on computed.device_id = unfolded.device_id and computed.facet = unfolded.facet
  cross join lateral (
    select computed.device_id is null or (kept.device_id is not null and ${rawSql(isNewer('kept', 'computed'))}) as is_kept
  ) as chosen
  where kept.device_id is not null or computed.device_id is not null`
}
