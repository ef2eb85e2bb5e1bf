import type { Db } from '../database.ts'
import { rfc3339 } from '../expressions.ts'

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

/** The last audits, newest first. */
export async function listAuditRuns(db: Db, workspaceId: string, limit: number): Promise<AuditRunRow[]> {
  return db
    .selectFrom('audit_runs')
    .select((eb) => [
      rfc3339(eb.ref('started_at'), 'milliseconds').as('startedAt'),
      rfc3339(eb.ref('finished_at'), 'milliseconds').as('finishedAt'),
      'trigger',
      rfc3339(eb.ref('range_from'), 'milliseconds').as('from'),
      rfc3339(eb.ref('range_to'), 'milliseconds').as('to'),
      'outcome',
      'events_seen as eventsSeen',
      'events_missing as eventsMissing',
      'settle_time_suspect as settleTimeSuspect',
      'error',
    ])
    .where('workspace_id', '=', workspaceId)
    .orderBy('started_at', 'desc')
    .limit(limit)
    .execute()
}
