import { sql } from 'kysely'
import type { DbOrTransaction } from '../database.ts'
import { CLOCK } from '../expressions.ts'
import type { PollRunClock } from './list-poll-runs.ts'

export interface PollRun {
  /** From its start until now. */
  tookMs: number
  /** 'complete': nothing was left to do; 'partial': gaps remain (a backfill under way); 'failed': an error ended it. */
  outcome: 'complete' | 'partial' | 'failed'
  pages: number
  eventsSeen: number
  eventsNew: number
  error: string | null
  /** What kind of error, as SeamError names it; null for others. */
  errorKind: string | null
  /** See migrations/0002_polling.sql; null without an answer. */
  clock: { state: PollRunClock; aheadSeconds: number | null } | null
}

/** How long runs are kept. */
const KEEP_DAYS = 7
const KEPT_SINCE = sql<string>`clock_timestamp() - make_interval(days => ${sql.lit(KEEP_DAYS)})`

/** Records a run that ends now, and deletes records that are too old. */
export async function insertPollRun(db: DbOrTransaction, workspaceId: string, run: PollRun): Promise<void> {
  await db
    .with('outdated', (cte) =>
      cte
        .deleteFrom('poll_runs')
        .where('workspace_id', '=', workspaceId)
        .where('started_at', '<', KEPT_SINCE),
    )
    .insertInto('poll_runs')
    .values({
      workspace_id: workspaceId,
      started_at: sql<string>`clock_timestamp() - make_interval(secs => ${run.tookMs / 1000})`,
      finished_at: CLOCK,
      outcome: run.outcome,
      pages: run.pages,
      events_seen: run.eventsSeen,
      events_new: run.eventsNew,
      error: run.error,
      error_kind: run.errorKind,
      clock: run.clock?.state ?? null,
      clock_ahead_seconds: run.clock?.aheadSeconds ?? null,
    })
    .execute()
}
