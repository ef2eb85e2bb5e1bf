import type { Micros } from './instant.ts'
import { gapsIn, type Interval } from './interval.ts'

/** The time that a caller asked for: `from <= created_at < to`. Null has no bound. */
export interface Window {
  from: Micros | null
  to: Micros | null
}

/** What an answer about the events of a window says of how complete it is (I15). */
export interface Completeness {
  /** The proven range that reaches furthest; null while nothing is proven. */
  from: Micros | null
  until: Micros | null
  /** Whether the window is proven complete, as far as `until`. A window that begins at or after `until` is not, nor is one without a beginning. */
  isComplete: boolean
}

export const NOTHING_PROVEN: Completeness = { from: null, until: null, isComplete: false }

/** The window of a list whose bounds are exclusive at both ends. */
export function windowBetween(after: Micros | undefined, before: Micros | undefined): Window {
  return { from: after === undefined ? null : after + 1n, to: before ?? null }
}

/** The same from all proven ranges, earliest first, which must come from the snapshot of the rows, or from an earlier one. */
export function completenessIn(
  covered: readonly (Interval & { to: Micros })[],
  { from, to }: Window,
): Completeness {
  const last = covered.at(-1)
  if (last === undefined) return NOTHING_PROVEN
  const until = to !== null && to < last.to ? to : last.to
  const isComplete = from !== null && from < last.to && gapsIn({ from, to: until }, covered).length === 0
  return { from: last.from, until: last.to, isComplete }
}

/**
 * What may still be claimed of an answer that came in several parts: what was proven before the first of them and still is with the last.
 * What was proven in between is left out, because its events may belong into a part that was sent before. Coverage may also have been taken
 * back meanwhile.
 */
export function stillProven(before: Completeness, now: Completeness): Completeness {
  if (before.from === null || before.until === null || now.from === null || now.until === null)
    return NOTHING_PROVEN
  const from = before.from > now.from ? before.from : now.from
  const until = before.until < now.until ? before.until : now.until
  return from < until ? { from, until, isComplete: before.isComplete && now.isComplete } : NOTHING_PROVEN
}

/** The same as a short text, for a cursor. */
export function packCompleteness({ from, until, isComplete }: Completeness): string {
  return [from, until, isComplete].map(String).join(' ')
}

export function unpackCompleteness(text: string): Completeness {
  const [from = 'null', until = 'null', isComplete] = text.split(' ')
  return { from: microsOrNull(from), until: microsOrNull(until), isComplete: isComplete === 'true' }
}

/** What may be claimed of a page, given what the cursor carries of the page before it; undefined for the first page. */
export function claimOfPage(packed: string | undefined, now: Completeness): Completeness {
  return packed === undefined ? now : stillProven(unpackCompleteness(packed), now)
}

function microsOrNull(text: string): Micros | null {
  return text === 'null' ? null : BigInt(text)
}
