import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

export interface AuditRunRow {
  /** RFC 3339, UTC. */
  startedAt: string
  finishedAt: string
  trigger: 'schedule' | 'command'
  from: string
  to: string
  outcome: 'clean' | 'found' | 'incomplete' | 'failed'
  eventsSeen: number
  eventsMissing: number
  settleTimeSuspect: boolean
  error: string | null
}

const instant = (column: string, name: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "${name}"`

const SQL = `
select ${instant('started_at', 'startedAt')}, ${instant('finished_at', 'finishedAt')}, trigger,
  ${instant('range_from', 'from')}, ${instant('range_to', 'to')}, outcome, events_seen as "eventsSeen",
  events_missing as "eventsMissing", settle_time_suspect as "settleTimeSuspect", error
from audit_runs where workspace_id = $1 order by started_at desc limit $2`

/** The last audits, newest first. */
export async function listAuditRuns(db: Db, workspaceId: string, limit: number): Promise<AuditRunRow[]> {
  return runSql<AuditRunRow>(db, SQL, [workspaceId, limit])
}
