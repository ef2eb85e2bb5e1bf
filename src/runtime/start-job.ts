import { nextTimesOf } from './next-times.ts'
import { type Clock, onSchedule, systemClock } from './on-schedule.ts'

export interface JobOptions {
  /** A cron expression of node-cron, in UTC. */
  schedule: string
  /**
   * Does one run, and must not reject. `isDue` returns true once another run was asked for. `signal` fires when the job is stopped. Resolves
   * with the number of ticks to skip afterwards.
   */
  run: (isDue: () => boolean, signal: AbortSignal) => Promise<number>
  /** Whether a tick of the schedule should run now. Default: always. */
  isWanted?: () => boolean
  /** What a tick during a run does: another run follows right after it, or the tick is dropped. */
  whileRunning: 'run-again' | 'drop'
  clock?: Clock
}

export interface Job {
  /** Starts a run now. During a run it starts another one right after it, or joins it with `drop`. Resolves when that run has ended; never rejects. */
  runNow: () => Promise<void>
  /** Starts no new run and signals the current one to stop. Resolves when that has ended. */
  stop: () => Promise<void>
}

/** Repeats something on a schedule and on demand, never twice at once. */
export function startJob({ schedule, run, isWanted, whileRunning, clock = systemClock }: JobOptions): Job {
  const stopping = new AbortController()
  let isDue = false
  let ticksToSkip = 0
  let running: Promise<void> | null = null

  async function runWhileDue(): Promise<void> {
    while (isDue && !stopping.signal.aborted) {
      isDue = false
      ticksToSkip = await run(() => isDue, stopping.signal)
    }
  }

  function runNow(): Promise<void> {
    isDue ||= running === null || whileRunning === 'run-again'
    running ??= runWhileDue().finally(() => {
      running = null
    })
    return running
  }

  const stopTicking = onSchedule(
    nextTimesOf(schedule),
    () => {
      if (ticksToSkip > 0) ticksToSkip -= 1
      else if (isWanted?.() !== false) void runNow()
    },
    clock,
  )
  return {
    runNow,
    stop: async () => {
      stopTicking()
      stopping.abort()
      await running
    },
  }
}
