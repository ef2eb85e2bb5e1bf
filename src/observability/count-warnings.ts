import type { Logger } from 'pino'
import { type StartTimer, startTimer } from '../runtime/start-timer.ts'

/** Logs warnings that may come by the thousand. */
export interface CountedWarnings {
  /** Logs the first of a kind at once, with its details, and counts those that follow within a minute. */
  warn(kind: string, details: object): void
  /** Logs what has been counted so far. */
  stop(): void
}

const EVERY_MS = 60_000

/** `message` says what happened. At the end of the minute it is logged with the number of further cases (`more`). */
export function countWarnings(
  logger: Logger,
  message: string,
  wait: StartTimer = startTimer,
): CountedWarnings {
  /** How many more there were of each kind that was logged within the minute. */
  const more = new Map<string, number>()
  let cancel: (() => void) | null = null

  function endMinute(): void {
    const counted = [...more].filter(([, count]) => count > 0)
    more.clear()
    for (const [reason, count] of counted) {
      logger.warn({ reason, more: count }, message)
      more.set(reason, 0)
    }
    // A kind that goes on is counted for another minute.
    if (more.size > 0) cancel = wait(EVERY_MS, endMinute)
  }

  return {
    warn: (reason, details) => {
      const count = more.get(reason)
      if (count !== undefined) return void more.set(reason, count + 1)
      logger.warn({ reason, ...details }, message)
      if (more.size === 0) cancel = wait(EVERY_MS, endMinute)
      more.set(reason, 0)
    },
    stop: () => {
      cancel?.()
      endMinute()
      cancel?.()
    },
  }
}
