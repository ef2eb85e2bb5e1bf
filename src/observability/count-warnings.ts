import type { Logger } from 'pino'
import { type InAWhile, inAWhile } from '../runtime/in-a-while.ts'

/** Warnings that may come by the thousand. */
export interface CountedWarnings {
  /** The first of a kind is logged at once, with its details; those that follow within a minute are counted. */
  warn(kind: string, details: object): void
  /** Logs what is counted so far. */
  stop(): void
}

const EVERY_MS = 60_000

/** `message` says what has happened once, and is logged with the number of further ones (`more`) at the end of the minute. */
export function countWarnings(logger: Logger, message: string, wait: InAWhile = inAWhile): CountedWarnings {
  /** Of the kinds that were logged within the minute, how many more there were. */
  const more = new Map<string, number>()
  let cancel: (() => void) | null = null

  function endMinute(): void {
    const counted = [...more].filter(([, count]) => count > 0)
    more.clear()
    for (const [reason, count] of counted) {
      logger.warn({ reason, more: count }, message)
      more.set(reason, 0)
    }
    // Whoever goes on is only counted on.
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
