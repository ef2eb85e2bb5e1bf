import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/**
 * Those of the workspaces that have events to fold. It looks at one entry of events_by_arrival for each workspace, so it can be asked every
 * second.
 */
export async function listUnfolded(db: Db, workspaceIds: readonly string[]): Promise<string[]> {
  const rows = await runSql<{ id: string }>(
    db,
    sql`
select w.id from unnest(${workspaceIds}::uuid[]) as w (id)
left join folds f on f.workspace_id = w.id and f.server = (select system_identifier from pg_control_system())
cross join lateral (
  select from events e
  where e.workspace_id = w.id
    and (e.arrival_transaction, e.event_id)
      > (coalesce(f.arrival_transaction, '0'), coalesce(f.event_id, '00000000-0000-0000-0000-000000000000'))
    and e.arrival_transaction < pg_snapshot_xmin(pg_current_snapshot())
  order by e.arrival_transaction, e.event_id limit 1
) as next`,
  )
  return rows.map(({ id }) => id)
}
