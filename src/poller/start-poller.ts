import { systemClock } from '../runtime/on-schedule.ts'
import { startJob } from '../runtime/start-job.ts'
import { SeamError } from '../seam/seam-error.ts'
import { releaseLease } from '../store/coverage/leases.ts'
import { type PollerMemory, newMemory } from './poller-memory.ts'
import { pollOnce } from './poll-once.ts'
import type { PollerOptions } from './poller-options.ts'

export interface PollerStatus {
  /** When the last successful run ended, by the local clock; null before the first one. */
  lastSuccessAt: Date | null
  lastError: string | null
  /** Runs that failed since the last success. */
  failures: number
  /** Whether another process holds the lease and polls this workspace. */
  isStandby: boolean
}

export interface Poller {
  /** Starts a run now, or right after the current one. Resolves when that run has ended. Never rejects. */
  pollNow(): Promise<void>
  status(): PollerStatus
  /** Starts no new run. The current run ends after its current page. */
  stop(): Promise<void>
}

/** This many ticks are skipped after credentials were refused, because asking at full speed would look like guessing keys. */
const TICKS_SKIPPED_AFTER_REFUSAL = 9
/** At most this many ticks are skipped while Seam's clock cannot be believed, because each run then reads the same and proves nothing. */
const MOST_TICKS_SKIPPED_WHEN_BLIND = 9
/**
 * After this many failed runs in a row, or after one run with refused credentials, the poller releases its lease and skips ticks. A replica
 * that cannot reach Seam, or whose key is revoked, must not keep a healthy replica from polling.
 */
const FAILURES_BEFORE_STANDING_BACK = 2
const TICKS_STOOD_BACK = 1

/**
 * Polls one workspace: at once, then whenever the schedule fires. Runs never overlap. A tick during a run makes it return to the live edge
 * (see pollRound). A run that fails is logged and recorded, and the next run tries again.
 */
export function startPoller(options: PollerOptions): Poller {
  const { logger, clock = systemClock } = options
  const status: PollerStatus = { lastSuccessAt: null, lastError: null, failures: 0, isStandby: false }
  const memory = newMemory()

  async function run(isDue: () => boolean, signal: AbortSignal): Promise<number> {
    try {
      status.isStandby = (await pollOnce({ ...options, clock }, memory, isDue, signal)) === 'standby'
      Object.assign(status, { lastError: null, failures: 0 })
      if (!status.isStandby) status.lastSuccessAt = new Date()
      return Math.min(Math.max(0, memory.blindRuns - 1), MOST_TICKS_SKIPPED_WHEN_BLIND)
    } catch (error) {
      if (signal.aborted) return 0
      status.lastError = error instanceof Error ? error.message : 'unknown error'
      status.failures += 1
      logger.warn({ error, failures: status.failures }, 'a run of the poller failed')
      const isRefused = error instanceof SeamError && error.kind === 'credentials'
      if (!isRefused && status.failures < FAILURES_BEFORE_STANDING_BACK) return 0
      await releaseHeldLease(options, memory)
      return isRefused ? TICKS_SKIPPED_AFTER_REFUSAL : TICKS_STOOD_BACK
    }
  }

  const job = startJob({ schedule: options.schedule, run, whileRunning: 'run-again', clock })
  void job.runNow()
  return {
    pollNow: job.runNow,
    status: () => ({ ...status }),
    stop: async () => {
      await job.stop()
      await releaseHeldLease(options, memory)
    },
  }
}

/** Releases the lease if this process holds it. */
async function releaseHeldLease({ db, logger }: PollerOptions, memory: PollerMemory): Promise<void> {
  const { held } = memory
  memory.held = null
  if (held === null) return
  await releaseLease(db, held.lease).catch((error: unknown) =>
    logger.warn({ error }, 'the lease could not be released; it expires by itself'),
  )
}
