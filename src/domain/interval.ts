import type { Micros } from './instant.ts'

/**
 * The instants `from <= t < to`, in whole microseconds; `to: null` has no end. Instants are discrete, so an open range
 * between two events is `[earlier + 1, later)`, and every set of instants has exactly one form.
 */
export interface Interval {
  readonly from: Micros
  readonly to: Micros | null
}

/** The part that both intervals hold; null when there is none. */
export function intersect(a: Interval, b: Interval): Interval | null {
  const from = a.from > b.from ? a.from : b.from
  const to = minEnd(a.to, b.to)
  return to !== null && to <= from ? null : { from, to }
}

/** What is left of `whole` without `part`: no piece, one, or two (the earlier first). */
export function subtract(whole: Interval, part: Interval): Interval[] {
  const shared = intersect(whole, part)
  if (shared === null) return [whole]
  const below = whole.from < shared.from ? [{ from: whole.from, to: shared.from }] : []
  if (shared.to === null || shared.to === whole.to) return below
  return [...below, { from: shared.to, to: whole.to }]
}

/** The parts of `whole` that no interval of `covered` holds, earliest first. */
export function gapsIn(whole: Interval, covered: readonly Interval[]): Interval[] {
  return covered.reduce<Interval[]>((gaps, part) => gaps.flatMap((gap) => subtract(gap, part)), [whole])
}

function minEnd(a: Micros | null, b: Micros | null): Micros | null {
  if (a === null) return b
  if (b === null) return a
  return a < b ? a : b
}
