import { nextTimesOf } from '../runtime/next-times.ts'

/** Upper limit, for schedules that rarely copy the sessions. */
const LONGEST_SECONDS = 150

/**
 * How long after a listing that cannot be believed alone the next one counts as its confirmation: half the time between two syncs, so that
 * listings of two replicas at the same tick, or of two attempts, count as one.
 */
export function secondLookSeconds(schedule: string): number {
  const [first, second] = nextTimesOf(schedule)()
  return Math.min(LONGEST_SECONDS, (second - first) / 2 / 1000)
}
