import type { Logger } from 'pino'
import { isDatabaseAway } from '../postgres/postgres-errors.ts'
import { type Clock, systemClock } from '../runtime/on-schedule.ts'
import type { Sleep } from '../runtime/sleep.ts'
import { startJob } from '../runtime/start-job.ts'
import type { Db } from '../store/database.ts'
import { listUnfolded } from '../store/folds/list-unfolded.ts'
import { foldWorkspace } from './fold-workspace.ts'

export interface FoldsOptions {
  db: Db
  /** The workspaces that this replica folds: of several replicas, it is the one that polls. Two at once would only wait for each other. */
  workspaceIds: () => readonly string[]
  /** Whether this replica has stored deliveries within the last second. */
  isReceiving: () => boolean
  sleep: Sleep
  logger: Logger
  clock?: Clock
}

export interface Folds {
  /** Folds whatever there is now; resolves when that is done. Never rejects. */
  foldNow(): Promise<void>
  /** No new page; the one under way is finished. */
  stop(): Promise<void>
}

const EVERY_SECOND = '* * * * * *'
/** Most of the time that folding takes while deliveries come, as statistics can wait and deliveries cannot. */
export const SHARE_BESIDE_DELIVERIES = 0.1
/** How long a workspace is left alone after a failure of its own, and all of them after the database was away. */
const PAUSE_SECONDS = 30

/**
 * Folds new events into the roll-ups, every second and as long as there are more. All workspaces take turns on one connection, so that
 * fifty of them leave the other jobs their connections. Statistics are right however far this is behind, only slower; so it rests after
 * each page while deliveries come.
 */
export function startFolds(options: FoldsOptions): Folds {
  const { db, workspaceIds, isReceiving, sleep, logger, clock = systemClock } = options

  /** Workspaces whose last page failed, and until when they are left alone by the monotonic clock. */
  const pausedUntilMs = new Map<string, number>()

  const isPaused = (id: string): boolean => clock.monotonicMs() < (pausedUntilMs.get(id) ?? -Infinity)

  async function run(_isDue: () => boolean, signal: AbortSignal): Promise<number> {
    try {
      let waiting = await listUnfolded(
        db,
        workspaceIds().filter((id) => !isPaused(id)),
      )
      while (waiting.length > 0 && !signal.aborted) {
        const beganMs = clock.monotonicMs()
        waiting = await foldEach(waiting, signal)
        const tookMs = clock.monotonicMs() - beganMs
        if (isReceiving()) await sleep(tookMs * (1 / SHARE_BESIDE_DELIVERIES - 1), signal)
      }
      return 0
    } catch (error) {
      if (!signal.aborted) report(error)
      return PAUSE_SECONDS
    }
  }

  function report(error: unknown, workspaceId?: string): void {
    const level = isDatabaseAway(error) ? 'debug' : 'warn'
    logger[level](
      { error, workspaceId },
      'events could not be folded into the statistics; they are counted from the events until they can',
    )
  }

  /** One page of each workspace; returns those that have more. One that fails keeps nobody else up. */
  async function foldEach(ids: readonly string[], signal: AbortSignal): Promise<string[]> {
    const more: string[] = []
    for (const id of ids) {
      if (signal.aborted) return []
      try {
        if (await foldWorkspace(db, id)) more.push(id)
      } catch (error) {
        if (isDatabaseAway(error)) throw error
        pausedUntilMs.set(id, clock.monotonicMs() + PAUSE_SECONDS * 1_000)
        report(error, id)
      }
    }
    return more
  }

  const job = startJob({ schedule: EVERY_SECOND, run, whileRunning: 'drop', clock })
  return { foldNow: job.runNow, stop: job.stop }
}
