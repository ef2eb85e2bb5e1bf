import { createTask } from 'node-cron'

/**
 * The next two times of a cron expression by the wall clock, in Unix milliseconds. It is read in UTC, because a zone with daylight saving
 * has an hour a year that comes twice and one that never comes.
 */
export function nextTimesOf(expression: string): () => [number, number] {
  // Never started: node-cron's own timer waits for the wall clock to get there, and walks through every time that it has missed.
  const task = createTask(expression, () => {}, { timezone: 'UTC' })
  return () => {
    const [first, second] = task.getNextRuns(2)
    if (first === undefined || second === undefined)
      throw new Error(`There is no next time of the schedule ${expression}.`)
    return [first.getTime(), second.getTime()]
  }
}
