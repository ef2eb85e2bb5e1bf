import { nextTimesOf } from './next-times.ts'
import { type Clock, onSchedule, systemClock } from './on-schedule.ts'

export interface JobOptions {
  /** A cron expression of node-cron, in UTC. */
  schedule: string
  /**
   * One run; it must not reject. `isDue` is true once another run was asked for, `signal` fires when the job is stopped. Returns how many of
   * the next ticks are to be left out.
   */
  run: (isDue: () => boolean, signal: AbortSignal) => Promise<number>
  /** Whether a tick of the schedule is to run now; without it, every tick is. */
  isWanted?: () => boolean
  /** A tick during a run: one more run right after it, or nothing. */
  whileRunning: 'run-again' | 'drop'
  clock?: Clock
}

export interface Job {
  /**
   * Runs now; during a run, right after it (or joins it, with `drop`). Resolves when that run has ended, never rejects.
   */
  runNow: () => Promise<void>
  /** No new run; resolves when the one under way has ended, which its signal tells to hurry. */
  stop: () => Promise<void>
}

/** Something that is done again and again, on a schedule and on demand, and never twice at once. */
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
