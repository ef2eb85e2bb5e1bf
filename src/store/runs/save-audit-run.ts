import { type Micros, formatInstant } from '../../domain/instant.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

export type AuditOutcome = 'clean' | 'found' | 'incomplete' | 'failed'

export interface AuditRun {
  /** A UUID. */
  auditId: string
  /** By the database's clock. */
  startedAt: Date
  finishedAt: Date
  trigger: 'schedule' | 'command'
  /** Creation times `from <= t < to` of what was judged; only covered time in between was. */
  from: Micros
  to: Micros
  /** See migrations/0008_audits.sql; only 'clean' says that everything was there. */
  outcome: AuditOutcome
  pages: number
  eventsSeen: number
  /** Events in covered time that neither path had brought. */
  eventsMissing: number
  /** Ids of the first few of them. */
  missingEventIds: readonly string[]
  /** The settle time while it ran. */
  settleSeconds: number
  /** Something became visible later than the settle time after its `created_at`. */
  isSettleTimeSuspect: boolean
  /** The missing events became visible at most this long after their `created_at`; null when none was missing. */
  longestDelaySeconds: number | null
  error: string | null
}

/** Audits are kept longer than the poller's runs, because there is one a day and a settle time that is too short shows only over weeks. */
const KEEP_DAYS = 90

/** A row is written again with every page that found something, and at the end. */
const SQL = `
with outdated as (
  delete from audit_runs where workspace_id = $1 and audit_id <> $2
    and started_at < $3::timestamptz - make_interval(days => ${KEEP_DAYS})
)
insert into audit_runs (workspace_id, audit_id, started_at, finished_at, trigger, range_from, range_to, outcome, pages,
  events_seen, events_missing, missing_event_ids, settle_seconds, settle_time_suspect, longest_delay_seconds, error)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
on conflict (workspace_id, audit_id) do update set
  finished_at = excluded.finished_at, range_from = excluded.range_from, range_to = excluded.range_to,
  outcome = excluded.outcome, pages = excluded.pages, events_seen = excluded.events_seen,
  events_missing = excluded.events_missing, missing_event_ids = excluded.missing_event_ids,
  settle_time_suspect = excluded.settle_time_suspect, longest_delay_seconds = excluded.longest_delay_seconds,
  error = excluded.error`

/** Records an audit or updates its record, and deletes records that are too old. */
export async function saveAuditRun(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
  run: AuditRun,
): Promise<void> {
  await runSql(db, SQL, [
    workspaceId,
    run.auditId,
    run.startedAt.toISOString(),
    run.finishedAt.toISOString(),
    run.trigger,
    formatInstant(run.from),
    formatInstant(run.to),
    run.outcome,
    run.pages,
    run.eventsSeen,
    run.eventsMissing,
    run.missingEventIds,
    run.settleSeconds,
    run.isSettleTimeSuspect,
    run.longestDelaySeconds,
    run.error,
  ])
}
