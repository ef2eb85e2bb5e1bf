import { createTask } from 'node-cron'

/**
 * Returns a function that gives the next two times of a cron expression by the wall clock, in Unix milliseconds. The expression is read in
 * UTC, because a time zone with daylight saving time has one hour a year twice and one hour never.
 */
export function nextTimesOf(expression: string): () => [number, number] {
  // The task is never started: node-cron's own timer would follow the wall clock and run through every time that was missed.
  const task = createTask(expression, () => {}, { timezone: 'UTC' })
  return () => {
    const [first, second] = task.getNextRuns(2)
    if (first === undefined || second === undefined)
      throw new Error(`There is no next time of the schedule ${expression}.`)
    return [first.getTime(), second.getTime()]
  }
}
