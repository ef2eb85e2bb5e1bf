import type { Logger } from 'pino'
import type { Clock } from '../runtime/on-schedule.ts'
import { startJob } from '../runtime/start-job.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { SeamError } from '../seam/seam-error.ts'
import { RETRY_POLICY, type RetryPolicy, type Waiting } from '../seam/with-retries.ts'
import type { Db } from '../store/database.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import { type DoneEvents, refreshNames } from './refresh-names.ts'
import { type FailedKinds, syncNames } from './sync-names.ts'

export interface NameSyncOptions {
  db: Db
  client: SeamClient
  workspaces: Workspaces
  workspaceKey: string
  /** When all names are listed: a cron expression of node-cron. */
  schedule: string
  /** When events about names are looked for. */
  lookSchedule?: string
  /** Whether this process is the one that polls the workspace: of several replicas, it is the one that lists names. That only saves requests. */
  isPolling: () => boolean
  logger: Logger
  waiting: Waiting
  retryPolicy?: RetryPolicy
  clock?: Clock
}

export interface NameSync {
  /** Lists all names now, or right after the listing under way; resolves when that has ended. Never rejects. */
  syncNow(): Promise<void>
  /** Looks for events about names now. Never rejects. */
  lookNow(): Promise<void>
  stop(): Promise<void>
}

/** A new name is shown this soon after its event. A look that finds nothing takes one query of 1 ms. */
const LOOK_SCHEDULE = '*/5 * * * * *'
/** How many ticks are skipped after credentials were refused: asking at full speed would look like guessing keys. */
const TICKS_SKIPPED_AFTER_REFUSAL = 3
/** How many looks are skipped after a failed one: a minute. */
const LOOKS_SKIPPED_AFTER_FAILURE = 11
/** How often the first listing checks whether the workspace is known, and whether this process polls it. */
const FIRST_RUN_WAIT_MS = 1_000

/**
 * Keeps the copy of one workspace's names in step with Seam: it lists them as soon as the workspace is known for certain, then whenever the
 * schedule fires, and applies events about names between listings. None of it touches the way of a webhook.
 */
export function startNameSync(options: NameSyncOptions): NameSync {
  const { logger, waiting, isPolling } = options
  const stopping = new AbortController()
  const tools = { retryPolicy: RETRY_POLICY, ...options }
  const done: DoneEvents = new Set()

  async function list(_isDue: () => boolean, signal: AbortSignal): Promise<number> {
    const workspaceId = confirmedId(options)
    if (workspaceId === null) return 0
    try {
      const failed = await syncNames({ ...tools, workspaceId }, signal)
      for (const [kind, error] of failed) logger.warn({ kind, error }, 'a listing of names failed')
      return wasRefused(failed) ? TICKS_SKIPPED_AFTER_REFUSAL : 0
    } catch (error) {
      if (!signal.aborted) logger.warn({ error }, 'a listing of names failed, and could not be recorded')
      return 0
    }
  }

  async function look(_isDue: () => boolean, signal: AbortSignal): Promise<number> {
    const workspaceId = confirmedId(options)
    if (workspaceId === null) return 0
    try {
      await refreshNames({ ...tools, workspaceId }, done, signal)
      return 0
    } catch (error) {
      if (!signal.aborted)
        logger.warn({ error }, 'events about names could not be applied; they are tried again')
      return LOOKS_SKIPPED_AFTER_FAILURE
    }
  }

  const common = { isWanted: isPolling, ...(options.clock && { clock: options.clock }) }
  const listing = startJob({ ...common, schedule: options.schedule, run: list, whileRunning: 'run-again' })
  const { lookSchedule = LOOK_SCHEDULE } = options
  const looking = startJob({ ...common, schedule: lookSchedule, run: look, whileRunning: 'drop' })

  async function firstRun({ signal }: AbortController): Promise<void> {
    while (!signal.aborted && (confirmedId(options) === null || !isPolling()))
      await waiting.sleep(FIRST_RUN_WAIT_MS, signal)
    if (!signal.aborted) await listing.runNow()
  }

  const first = firstRun(stopping)
  return {
    syncNow: listing.runNow,
    lookNow: looking.runNow,
    stop: async () => {
      stopping.abort()
      await Promise.all([listing.stop(), looking.stop()])
      await first
    },
  }
}

function wasRefused(failed: FailedKinds): boolean {
  return [...failed.values()].some((error) => error instanceof SeamError && error.kind === 'credentials')
}

/** The workspace's id once Seam or the configuration has named it. A webhook's claim is not enough to store names under that id. */
function confirmedId({ workspaces, workspaceKey }: NameSyncOptions): string | null {
  const { id, learnedFrom } = workspaces.byKey(workspaceKey)
  return learnedFrom === 'upstream' || learnedFrom === 'configured' ? id : null
}
