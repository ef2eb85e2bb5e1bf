import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

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
  clock: { state: string; aheadSeconds: number | null } | null
}

/** How long runs are kept. */
const KEEP_DAYS = 7

const SQL = `
with outdated as (
  delete from poll_runs where workspace_id = $1 and started_at < clock_timestamp() - make_interval(days => ${KEEP_DAYS})
)
insert into poll_runs (workspace_id, started_at, finished_at, outcome, pages, events_seen, events_new, error, error_kind,
  clock, clock_ahead_seconds)
values ($1, clock_timestamp() - make_interval(secs => $2::float8 / 1000), clock_timestamp(), $3, $4, $5, $6, $7, $8, $9, $10)`

export async function insertPollRun(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
  run: PollRun,
): Promise<void> {
  await runSql(db, SQL, [
    workspaceId,
    run.tookMs,
    run.outcome,
    run.pages,
    run.eventsSeen,
    run.eventsNew,
    run.error,
    run.errorKind,
    run.clock?.state ?? null,
    run.clock?.aheadSeconds ?? null,
  ])
}
