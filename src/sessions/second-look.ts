import { nextTimesOf } from '../runtime/next-times.ts'

/** However rarely the sessions are copied. */
const LONGEST_SECONDS = 150

/**
 * How long after a listing that can't be believed by itself another one counts as a second one: half the time between two syncs, so that
 * the listings of two replicas at the same tick, or of two attempts, are one.
 */
export function secondLookSeconds(schedule: string): number {
  const [first, second] = nextTimesOf(schedule)()
  return Math.min(LONGEST_SECONDS, (second - first) / 2 / 1000)
}
