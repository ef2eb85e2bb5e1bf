import { runSql } from '../../postgres/open-database.ts'
import { type Sql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

export interface PollLag {
  workspaceId: string
  /** Upper end of coverage, RFC 3339; null before anything was proven. */
  coveredTo: string | null
  /** Age of `coveredTo` by the database's clock. It is at least the settle time. */
  lagSeconds: number | null
  lastRunOutcome: 'complete' | 'partial' | 'failed' | null
  lastSuccessAgeSeconds: number | null
  /** What Seam's clock was worth at the last run, as in poll_runs, and by how much it was ahead of the database's. */
  clock: string | null
  clockAheadSeconds: number | null
}

const lagSql = (workspaceIds: readonly string[]): Sql => sql`
select id::text as "workspaceId",
  to_char(upper(c.ranges) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "coveredTo",
  round(extract(epoch from clock_timestamp() - upper(c.ranges)), 1)::float8 as "lagSeconds",
  last.outcome as "lastRunOutcome", last.clock, round(last.clock_ahead_seconds)::float8 as "clockAheadSeconds",
  round(extract(epoch from clock_timestamp() - success.finished_at), 1)::float8 as "lastSuccessAgeSeconds"
from unnest(${workspaceIds}::uuid[]) as id
left join coverage c on c.workspace_id = id
left join lateral (
  select outcome, clock, clock_ahead_seconds from poll_runs where workspace_id = id order by run_id desc limit 1
) last on true
left join lateral (
  select finished_at from poll_runs where workspace_id = id and outcome <> 'failed' order by run_id desc limit 1
) success on true`

/** How far behind Seam the copy is, for each of the workspaces. */
export async function readPollLag(db: Db, workspaceIds: readonly string[]): Promise<PollLag[]> {
  return runSql<PollLag>(db, lagSql(workspaceIds))
}
