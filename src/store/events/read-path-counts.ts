import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/** How many events each path has brought. Counts the whole table: for the demo, not for a dashboard. */
export async function readPathCounts(
  db: Db,
  workspaceId: string,
): Promise<{ webhookOnly: number; pollOnly: number; both: number }> {
  const [row] = await runSql<{ webhookOnly: number; pollOnly: number; both: number }>(
    db,
    sql`
select count(*) filter (where poll_at is null)::int as "webhookOnly",
  count(*) filter (where webhook_at is null)::int as "pollOnly",
  count(*) filter (where poll_at is not null and webhook_at is not null)::int as "both"
from events where workspace_id = ${workspaceId}`,
  )
  return row ?? { webhookOnly: 0, pollOnly: 0, both: 0 }
}
