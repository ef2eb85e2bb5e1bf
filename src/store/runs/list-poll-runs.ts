import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

export interface PollRunRow {
  /** RFC 3339, UTC. */
  startedAt: string
  finishedAt: string
  outcome: 'complete' | 'partial' | 'failed'
  pages: number
  eventsSeen: number
  eventsNew: number
  error: string | null
  errorKind: string | null
  /** What Seam's clock was worth (migrations/0002_polling.sql), and by how much it was ahead of the database's. */
  clock: string | null
  clockAheadSeconds: number | null
}

const SQL = `
select to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "startedAt",
  to_char(finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "finishedAt",
  outcome, pages, events_seen as "eventsSeen", events_new as "eventsNew", error, error_kind as "errorKind", clock, round(clock_ahead_seconds::numeric, 1)::float8 as "clockAheadSeconds"
from poll_runs where workspace_id = $1 order by run_id desc limit $2`

/** The last runs of the poller, newest first. */
export async function listPollRuns(db: Db, workspaceId: string, limit: number): Promise<PollRunRow[]> {
  return runSql<PollRunRow>(db, SQL, [workspaceId, limit])
}
