import { runSql } from '../../postgres/open-database.ts'
import { rawSql, type Sql, sql } from '../../postgres/sql.ts'
import { NO_ACCOUNT } from '../folds/add-counts-sql.ts'
import type { Db } from '../database.ts'

/** A device that an event names, and with which account: the nil UUID where the event names none. */
export interface DeviceAccount {
  deviceId: string
  connectedAccountId: string
}

/**
 * The devices of the events that are not folded yet: those after the fold's cursor in the order of arrival, however young their
 * transactions are. What was folded on another server counts as not folded.
 */
export async function listUnfoldedDevices(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
): Promise<DeviceAccount[]> {
  return runSql<DeviceAccount>(db, unfoldedDevicesSql(workspaceId))
}

/**
 * The statement behind `listUnfoldedDevices`. The events' rows are looked up one by one, because Postgres cannot know how few there are:
 * it took a third of 5,000,000 for granted and read the whole table (1.5 s instead of 0.5 ms).
 */
export function unfoldedDevicesSql(workspaceId: string): Sql {
  const cursor = (column: string, beginning: string): Sql => sql`coalesce((
      select ${rawSql(column)} from folds
      where workspace_id = ${workspaceId} and server = (select system_identifier from pg_control_system())
    ), ${rawSql(beginning)})`
  return sql`
with unfolded as materialized (
  select event_id from events
  where workspace_id = ${workspaceId} and (arrival_transaction, event_id)
    > (${cursor('arrival_transaction', "'0'::xid8")}, ${cursor('event_id', `'${NO_ACCOUNT}'::uuid`)})
  order by arrival_transaction, events.event_id
)
select distinct e.device_id::text as "deviceId", coalesce(e.connected_account_id, ${NO_ACCOUNT})::text as "connectedAccountId"
from unfolded cross join lateral (
  select device_id, connected_account_id from events
  where workspace_id = ${workspaceId} and event_id = unfolded.event_id offset 0
) as e
where e.device_id is not null`
}
