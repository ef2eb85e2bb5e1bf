import { createTask } from 'node-cron'

/** However rarely the sessions are copied. */
const LONGEST_SECONDS = 150

/**
 * How long after a listing that can't be believed by itself another one counts as a second one: half the time between two syncs, so that
 * the listings of two replicas at the same tick, or of two attempts, are one.
 */
export function secondLookSeconds(schedule: string): number {
  const task = createTask(schedule, () => {}, { timezone: 'UTC' })
  const [first, second] = task.getNextRuns(2)
  const intervalMs =
    first === undefined || second === undefined ? Infinity : second.getTime() - first.getTime()
  return Math.min(LONGEST_SECONDS, intervalMs / 2 / 1000)
}
