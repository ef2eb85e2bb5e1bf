import { type Db, runSql } from './open-database.ts'

export interface PollRun {
  startedAt: Date
  finishedAt: Date
  /** 'complete': nothing was left to do; 'partial': gaps remain (a backfill under way); 'failed': an error ended it. */
  outcome: 'complete' | 'partial' | 'failed'
  pages: number
  eventsSeen: number
  eventsNew: number
  error: string | null
  /** What kind of error, as SeamError names it; null for others. */
  errorKind: string | null
}

/** Runs are kept for so long. */
const KEEP_DAYS = 7

const SQL = `
with outdated as (
  delete from poll_runs where workspace_id = $1 and started_at < $2::timestamptz - make_interval(days => ${KEEP_DAYS})
)
insert into poll_runs (workspace_id, started_at, finished_at, outcome, pages, events_seen, events_new, error, error_kind)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (workspace_id, started_at) do nothing`

export async function insertPollRun(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
  run: PollRun,
): Promise<void> {
  await runSql(db, SQL, [
    workspaceId,
    run.startedAt.toISOString(),
    run.finishedAt.toISOString(),
    run.outcome,
    run.pages,
    run.eventsSeen,
    run.eventsNew,
    run.error,
    run.errorKind,
  ])
}
