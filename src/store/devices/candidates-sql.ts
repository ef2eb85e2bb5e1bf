import type { DeviceFilter } from './device-query.ts'
import { foldName } from '../../domain/fold-name.ts'
import { isUuid } from '../../domain/uuid.ts'
import { joinSql, type Sql, sql } from '../../postgres/sql.ts'
import { type EventScope, scopeSql } from './device-states-sql.ts'
import type { DeviceAccount } from './list-unfolded-devices.ts'

/** Which events tell a caller about devices. */
export function eventScope({ workspaceId, at, visibility }: DeviceFilter): EventScope {
  const accounts = visibility.kind === 'all' ? null : visibility.connectedAccountIds.filter(isUuid)
  return { workspaceId, at, accounts }
}

/** The account that the device's newest event with an account names. */
export function accountSql(inScope: Sql, deviceId: Sql): Sql {
  return sql`select connected_account_id from events
  where ${inScope} and device_id = ${deviceId} and connected_account_id is not null order by created_at desc, event_id limit 1`
}

/** The devices that may be on the list, whatever their state. */
export function candidatesSql(query: DeviceFilter, unfolded: readonly DeviceAccount[]): Sql {
  const { workspaceId, deviceIds, connectedAccountId, spaceId, q } = query
  const { accounts } = eventScope(query)
  const conditions = [sql`true`]
  if (accounts !== null) conditions.push(sql`connected_account_id = any(${accounts}::uuid[])`)
  if (deviceIds !== undefined) conditions.push(sql`device_id = any(${deviceIds}::uuid[])`)
  if (connectedAccountId !== undefined) conditions.push(sql`connected_account_id = ${connectedAccountId}`)
  const where = joinSql(conditions, ' and ')
  const unfoldedIds = unfolded.map(({ deviceId }) => deviceId)
  const unfoldedAccounts = unfolded.map((each) => each.connectedAccountId)
  const devices = sql`select device_id from device_accounts where workspace_id = ${workspaceId} and ${where}
  union select device_id from unnest(${unfoldedIds}::uuid[], ${unfoldedAccounts}::uuid[]) as unfolded (device_id, connected_account_id)
  where ${where}
  union select device_id from (select n.id as device_id, n.connected_account_id ${namesSql(query)}) as named where ${where}`
  const among: Sql[] = []
  // A device may have been in this account once, and be in another now.
  if (connectedAccountId !== undefined)
    among.push(sql`coalesce((${accountSql(scopeSql(eventScope(query)), sql`devices.device_id`)}),
    (select n.connected_account_id ${namesSql(query)} and n.id = devices.device_id)) = ${connectedAccountId}`)
  if (spaceId !== undefined)
    among.push(sql`device_id in (select n.id ${namesSql(query)} and n.space_ids @> array[${spaceId}::uuid])`)
  if (q !== undefined)
    among.push(sql`(device_id::text = lower(${q})
    or device_id in (select n.id ${namesSql(query)} and strpos(n.folded, ${foldName(q)}) > 0))`)
  if (among.length === 0) return devices
  return sql`select device_id from (${devices}) as devices where ${joinSql(among, ' and ')}`
}

/** `from` and `where` for the names of devices that the caller may see. */
export function namesSql(query: DeviceFilter): Sql {
  const { accounts } = eventScope(query)
  const isVisible = accounts === null ? sql`true` : sql`n.connected_account_id = any(${accounts}::uuid[])`
  return sql`from names n where n.workspace_id = ${query.workspaceId} and n.kind = 'device' and ${isVisible}`
}
