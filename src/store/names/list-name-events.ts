import { formatInstant, type Micros } from '../../domain/instant.ts'
import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

export interface NameEvent {
  eventId: string
  eventType: string
  createdAt: Micros
  connectedAccountId: string | null
  body: string
}

/**
 * The newest events of some types, each type's created after an instant of its own, at most `limit` of each. Each type is one range of
 * events_by_event_type, so it does not matter how many events of other types there are. Events from the future wait for their time, because
 * enough of them would hide all others; the minute allows for a clock that is a little ahead.
 */
export async function listNameEvents(
  db: Db,
  workspaceId: string,
  after: ReadonlyMap<string, Micros>,
  limit: number,
): Promise<NameEvent[]> {
  const rows = await runSql<Omit<NameEvent, 'createdAt'> & { createdAt: string }>(
    db,
    sql`
select e.event_id::text as "eventId", e.event_type as "eventType", (extract(epoch from e.created_at) * 1000000)::bigint::text as "createdAt",
  e.connected_account_id::text as "connectedAccountId", e.body::text as body
from unnest(${[...after.keys()]}::text[], ${[...after.values()].map(formatInstant)}::timestamptz[]) as wanted (event_type, after)
cross join lateral (
  select event_id, event_type, created_at, connected_account_id, body from events
  where workspace_id = ${workspaceId} and event_type = wanted.event_type and created_at > wanted.after
    and created_at < clock_timestamp() + interval '1 minute'
  order by created_at desc, event_id limit ${limit}
) as e
order by e.created_at, e.event_id`,
  )
  return rows.map((row) => ({ ...row, createdAt: BigInt(row.createdAt) }))
}
