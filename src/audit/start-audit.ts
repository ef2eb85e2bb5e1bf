import type { Logger } from 'pino'
import type { Clock } from '../runtime/on-schedule.ts'
import { startJob } from '../runtime/start-job.ts'
import { MICROS_PER_SECOND } from '../domain/instant.ts'
import { type AuditOptions, type AuditResult, auditWorkspace } from './audit-workspace.ts'

export interface ScheduledAuditOptions extends AuditOptions {
  /** node-cron expression. */
  schedule: string
  /** How many hours before the end of coverage an audit begins. */
  lookbackHours: number
  /**
   * Whether this process polls the workspace. Of several replicas only that one audits, to save requests. Two audits at the same time
   * would do no harm: each missing event is stored and counted once.
   */
  isPolling: () => boolean
  logger: Logger
  clock?: Clock
}

export interface Audit {
  /** Runs now, or joins the current run. Resolves when that run has ended. Never rejects. */
  auditNow(): Promise<void>
  /** Starts no new run. The current run ends after its current page and is recorded as incomplete. */
  stop(): Promise<void>
}

/** Audits the end of one workspace's coverage whenever the schedule fires. Runs never overlap; a tick during a run is dropped. */
export function startAudit(options: ScheduledAuditOptions): Audit {
  const { logger, lookbackHours, isPolling } = options

  async function run(_isDue: () => boolean, signal: AbortSignal): Promise<number> {
    try {
      const duration = BigInt(lookbackHours) * 3600n * MICROS_PER_SECOND
      const since = { kind: 'ago', duration } as const
      report(logger, await auditWorkspace(options, { trigger: 'schedule', since, until: null }, signal))
    } catch (error) {
      if (!signal.aborted) logger.warn({ error }, 'an audit failed, and could not be recorded')
    }
    return 0
  }

  const job = startJob({ ...options, run, isWanted: isPolling, whileRunning: 'drop' })
  return { auditNow: job.runNow, stop: job.stop }
}

function report(logger: Logger, result: AuditResult): void {
  if (result.kind === 'nothing_covered') {
    logger.info('nothing is covered yet, so there was nothing to audit')
    return
  }
  const { outcome, pages, eventsSeen, eventsMissing, missingEventIds, error, ...rest } = result.run
  const counts = { outcome, pages, eventsSeen, eventsMissing }
  if (eventsMissing > 0) {
    const { longestDelaySeconds, settleSeconds } = rest
    logger.warn(
      { ...counts, missingEventIds, settleSeconds, longestDelaySeconds },
      'events were missing from covered time, and are stored now: the settle time looks too short',
    )
  }
  if (error !== null)
    logger.warn({ ...counts, reason: error }, `an audit ${outcome === 'failed' ? 'failed' : 'is incomplete'}`)
  else if (eventsMissing === 0) logger.info(counts, 'audited')
}
