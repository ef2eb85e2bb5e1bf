import type { Logger } from 'pino'
import type { Clock } from '../runtime/on-schedule.ts'
import { startJob } from '../runtime/start-job.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { SeamError } from '../seam/seam-error.ts'
import { RETRY_POLICY, type RetryPolicy, type Waiting } from '../seam/with-retries.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { Db } from '../store/database.ts'
import { SupersededListingError } from '../store/sessions/claim-session-listing.ts'
import { saveFailedSessionSync } from '../store/sessions/save-failed-session-sync.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import { secondLookSeconds } from './second-look.ts'
import { type SyncCounts, syncSessions } from './sync-sessions.ts'

export interface SessionSyncOptions {
  db: Db
  client: SeamClient
  workspaces: Workspaces
  workspaceKey: string
  /** A cron expression of node-cron. */
  schedule: string
  secrets: Secrets
  logger: Logger
  waiting: Waiting
  retryPolicy?: RetryPolicy
  /** Default: half the schedule's interval. */
  secondLookSeconds?: number
  clock?: Clock
}

export interface SessionSyncStatus {
  /** When the last successful run ended, by the local clock; null before the first. */
  lastSuccessAt: Date | null
  /** What that run did. */
  lastCounts: SyncCounts | null
  lastError: string | null
  /** How many runs have failed since then. */
  failures: number
}

export interface SessionSync {
  /**
   * Runs now, or right after the current run, whose listing may be older than the call. Resolves when that run has ended, or at once while
   * the workspace is not known for certain. Never rejects.
   */
  syncNow(): Promise<void>
  status(): SessionSyncStatus
  /** Starts no new run. The current run stops soon, at the latest after the part of the listing that it is storing. */
  stop(): Promise<void>
}

/** How many ticks are skipped after credentials were refused: asking at full speed would look like guessing keys. */
const TICKS_SKIPPED_AFTER_REFUSAL = 3
/** Logged when a listing lacks sessions and is not believed yet. */
const UNCONFIRMED =
  'a listing lacks client sessions that may still be there: their tokens are refused until a listing shows them'
/** How often the first run checks whether the workspace is known: at a first start the poller learns it within a second or so. */
const FIRST_RUN_WAIT_MS = 1_000

/**
 * Keeps one workspace's client sessions in step with Seam: it runs as soon as the workspace is known for certain, then whenever the
 * schedule fires. Runs never overlap. A run that fails is logged and recorded and changes nothing; the next one tries again.
 */
export function startSessionSync(options: SessionSyncOptions): SessionSync {
  const { logger, waiting } = options
  const stopping = new AbortController()
  const status: SessionSyncStatus = { lastSuccessAt: null, lastCounts: null, lastError: null, failures: 0 }
  const tools = {
    retryPolicy: RETRY_POLICY,
    secondLookSeconds: secondLookSeconds(options.schedule),
    ...options,
  }

  async function run(_isDue: () => boolean, signal: AbortSignal): Promise<number> {
    const workspaceId = confirmedId(options)
    if (workspaceId === null) return 0
    try {
      const counts = await syncSessions({ ...tools, workspaceId }, signal)
      if (counts.unconfirmed > (status.lastCounts?.unconfirmed ?? 0)) logger.warn(counts, UNCONFIRMED)
      Object.assign(status, { lastSuccessAt: new Date(), lastCounts: counts, lastError: null, failures: 0 })
      logger.debug(counts, 'client sessions synced')
      return 0
    } catch (error) {
      if (signal.aborted) return 0
      if (error instanceof SupersededListingError) {
        logger.debug({ error }, 'another replica syncs the client sessions')
        return 0
      }
      status.lastError = error instanceof Error ? error.message : 'unknown error'
      status.failures += 1
      logger.warn({ error, failures: status.failures }, 'a sync of the client sessions failed')
      await recordFailure(options, workspaceId, status.lastError)
      const isRefused = error instanceof SeamError && error.kind === 'credentials'
      return isRefused ? TICKS_SKIPPED_AFTER_REFUSAL : 0
    }
  }

  const job = startJob({ ...options, run, whileRunning: 'run-again' })

  async function firstRun({ signal }: AbortController): Promise<void> {
    while (confirmedId(options) === null && !signal.aborted) await waiting.sleep(FIRST_RUN_WAIT_MS, signal)
    if (!signal.aborted) await job.runNow()
  }

  const first = firstRun(stopping)
  return {
    syncNow: job.runNow,
    status: () => ({ ...status }),
    stop: async () => {
      stopping.abort()
      await job.stop()
      await first
    },
  }
}

/**
 * Returns the workspace's id once Seam or the configuration has named it. A webhook's claim is not enough to store tokens under
 * that id.
 */
function confirmedId({ workspaces, workspaceKey }: SessionSyncOptions): string | null {
  const { id, learnedFrom } = workspaces.byKey(workspaceKey)
  return learnedFrom === 'upstream' || learnedFrom === 'configured' ? id : null
}

async function recordFailure(
  { db, logger }: SessionSyncOptions,
  workspaceId: string,
  reason: string,
): Promise<void> {
  await saveFailedSessionSync(db, workspaceId, reason).catch((error: unknown) =>
    logger.warn({ error }, 'a failed sync of the client sessions could not be recorded'),
  )
}
