import { sql } from 'kysely'
import { type Micros, formatInstant } from '../../domain/instant.ts'
import type { DbOrTransaction } from '../database.ts'

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
const KEPT_FOR = sql`interval '90 days'`

/**
 * Records an audit or updates its record, and deletes records that are too old. A record is written again with every page that found
 * something, and at the end.
 */
export async function saveAuditRun(db: DbOrTransaction, workspaceId: string, run: AuditRun): Promise<void> {
  const startedAt = run.startedAt.toISOString()
  const changing = {
    finished_at: run.finishedAt.toISOString(),
    range_from: formatInstant(run.from),
    range_to: formatInstant(run.to),
    outcome: run.outcome,
    pages: run.pages,
    events_seen: run.eventsSeen,
    events_missing: run.eventsMissing,
    missing_event_ids: run.missingEventIds,
    settle_time_suspect: run.isSettleTimeSuspect,
    longest_delay_seconds: run.longestDelaySeconds,
    error: run.error,
  }
  await db
    .with('outdated', (cte) =>
      cte
        .deleteFrom('audit_runs')
        .where('workspace_id', '=', workspaceId)
        .where('audit_id', '<>', run.auditId)
        .where('started_at', '<', sql<string>`${startedAt}::timestamptz - ${KEPT_FOR}`),
    )
    .insertInto('audit_runs')
    .values({
      workspace_id: workspaceId,
      audit_id: run.auditId,
      started_at: startedAt,
      trigger: run.trigger,
      settle_seconds: run.settleSeconds,
      ...changing,
    })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'audit_id']).doUpdateSet(changing))
    .execute()
}
