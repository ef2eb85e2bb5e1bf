import { sql } from 'kysely'
import type { Db } from '../database.ts'
import { rfc3339 } from '../expressions.ts'

/** What Seam's clock was worth at a run (migrations/0002_polling.sql). */
export type PollRunClock = 'agree' | 'apart' | 'missing' | 'unreadable' | 'implausible'

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
  clock: PollRunClock | null
  /** By how much Seam's clock was ahead of the database's. */
  clockAheadSeconds: number | null
}

/** The last runs of the poller, newest first. */
export async function listPollRuns(db: Db, workspaceId: string, limit: number): Promise<PollRunRow[]> {
  return db
    .selectFrom('poll_runs')
    .select((eb) => [
      rfc3339(eb.ref('started_at'), 'milliseconds').as('startedAt'),
      rfc3339(eb.ref('finished_at'), 'milliseconds').as('finishedAt'),
      'outcome',
      'pages',
      'events_seen as eventsSeen',
      'events_new as eventsNew',
      'error',
      'error_kind as errorKind',
      'clock',
      sql<number | null>`round(${eb.ref('clock_ahead_seconds')}::numeric, 1)::float8`.as('clockAheadSeconds'),
    ])
    .where('workspace_id', '=', workspaceId)
    .orderBy('run_id', 'desc')
    .limit(limit)
    .execute()
}
