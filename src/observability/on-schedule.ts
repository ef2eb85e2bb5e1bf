import { type ScheduledTask, schedule } from 'node-cron'

/** Runs `work` whenever the cron expression says so, until the task is destroyed. */
export function onSchedule(expression: string, work: () => void): ScheduledTask {
  // A tick that was missed (the process was paused) is made up for by the next; node-cron would print to stderr about it.
  return schedule(expression, work, { suppressMissedWarning: true })
}
