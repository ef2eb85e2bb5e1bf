import type { Transaction } from 'kysely'
import { runSql } from '../../postgres/open-database.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'
import type { Database } from '../schema.ts'
import { FIRST_PATH_SQL } from '../events/first-path-sql.ts'
import { keepDevicesSql, keepStatesSql } from '../devices/kept-states-sql.ts'
import { addCountsSql, COUNTED_COLUMNS } from './add-counts-sql.ts'
import type { FoldCursor } from './lock-fold.ts'

/**
 * What is kept of the events of a page: statements that write, and read the events from `page`. All of them happen in the statement that
 * moves the cursor, so each event is folded once into all of them, whatever is killed when.
 */
const KEPT: readonly { name: string; statement: (workspaceId: string) => Sql }[] = [
  { name: 'counted', statement: () => addCountsSql('page') },
  { name: 'devices', statement: keepDevicesSql },
  { name: 'states', statement: keepStatesSql },
]

/**
 * The events after the cursor in the order of arrival, at most `limit`, below the oldest transaction that is still running: whatever
 * becomes visible later comes after them (I8, see read-arrivals.ts).
 */
function pageSql(workspaceId: string, after: FoldCursor, limit: number): Sql {
  return sql`select event_id, arrival_transaction, device_id, ${rawSql(COUNTED_COLUMNS)}, ${FIRST_PATH_SQL} as path
  from events
  where workspace_id = ${workspaceId} and (arrival_transaction, event_id) > (${after.transaction}::xid8, ${after.eventId}::uuid)
    and arrival_transaction < pg_snapshot_xmin(pg_current_snapshot())
  order by events.arrival_transaction, events.event_id limit ${limit}`
}

/** The whole step, as one statement. */
function foldPageSql(workspaceId: string, after: FoldCursor, limit: number): Sql {
  const kept = KEPT.map(({ name, statement }) => sql`${rawSql(name)} as (\n  ${statement(workspaceId)}\n)`)
  return sql`
with page as materialized (
  ${pageSql(workspaceId, after, limit)}
), ${joinSql(kept, ', ')}, last as (
  select arrival_transaction, event_id from page order by arrival_transaction desc, event_id desc limit 1
)
update folds f set arrival_transaction = last.arrival_transaction, event_id = last.event_id,
  folded_events = f.folded_events + (select count(*) from page), updated_at = clock_timestamp()
from last where f.workspace_id = ${workspaceId}
returning (select count(*) from page)::int as folded`
}

/**
 * Folds the next events after the cursor, which `lockFold` has returned in this transaction. Returns how many; fewer than `limit` means
 * that there are no more for now.
 */
export async function foldPage(
  trx: Transaction<Database>,
  workspaceId: string,
  after: FoldCursor,
  limit: number,
): Promise<number> {
  const [row] = await runSql<{ folded: number }>(trx, foldPageSql(workspaceId, after, limit))
  return row?.folded ?? 0
}
