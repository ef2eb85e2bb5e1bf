import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/**
 * Deletes up to `limit` counts of a workspace that were folded on another server, and returns how many. Nobody reads them there
 * (read-fold-cursor.ts). In one statement with the new beginning, millions of them would pass the limit on a statement's time, and folding
 * would never begin.
 */
export async function deleteForeignCounts(db: Db, workspaceId: string, limit: number): Promise<number> {
  const [row] = await runSql<{ deleted: number }>(
    db,
    sql`
with foreign_counts as (
  select c.ctid from event_counts c
  where c.workspace_id = ${workspaceId} and exists (
    select from folds f
    where f.workspace_id = ${workspaceId} and f.server is distinct from (select system_identifier from pg_control_system()))
  limit ${limit}
), gone as (
  delete from event_counts where ctid in (select ctid from foreign_counts) returning 1
)
select count(*)::int as deleted from gone`,
  )
  return row?.deleted ?? 0
}
