import type { QuarantinePath } from './save-quarantined.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

/** Which items; null: all. */
export interface QuarantineFilter {
  workspaceId: string | null
  reason: string | null
}

/** One item of the quarantine, without its body. */
export interface QuarantineListing {
  id: string
  workspaceId: string
  path: QuarantinePath
  reason: string
  detail: string
  timesSeen: number
  /** RFC 3339, to the microsecond. */
  firstSeenAt: string
  lastSeenAt: string
}

/** It sorts the whole table, which is small; where it is not, there are worse problems than a slow list. */
const SQL = `
select quarantine_id as id, workspace_id as "workspaceId", path, reason, detail, times_seen as "timesSeen",
  to_char(first_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "firstSeenAt",
  to_char(last_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "lastSeenAt",
  (count(*) over ())::int as total
from quarantine
where ($1::uuid is null or workspace_id = $1) and ($2::text is null or reason = $2)
order by last_seen_at desc, quarantine_id desc
limit $3`

/** The items that were seen last, newest first, and how many there are in all. */
export async function listQuarantined(
  db: Db,
  { workspaceId, reason }: QuarantineFilter,
  limit: number,
): Promise<{ items: QuarantineListing[]; total: number }> {
  const rows = await runSql<QuarantineListing & { total?: number }>(db, SQL, [workspaceId, reason, limit])
  const total = rows[0]?.total ?? 0
  for (const row of rows) delete row.total
  return { items: rows, total }
}
