import type { Micros } from '../../domain/instant.ts'

/** A part of a window, and what its events are counted from. */
export interface Segment {
  /** `events`: the events themselves; `quarters` and `hours`: the roll-ups' quarter hours, or all four of an hour together. */
  source: 'events' | 'quarters' | 'hours'
  from: Micros
  to: Micros
}

const QUARTER: Micros = 900_000_000n
const HOUR: Micros = 4n * QUARTER

/**
 * Cuts a window that begins and ends anywhere into what roll-ups can answer and the rest at both ends. `bounds` are those of the buckets.
 * Where all of them are whole UTC hours, the four quarters of an hour need not be told apart, which is four times less to add up.
 *
 * Time zones are whole quarter hours from UTC, but they were not before 1980 or so, and some clocks were set at one minute past midnight.
 * Where a bucket begins within a quarter hour, everything is counted from the events.
 */
export function segmentsOf(bounds: readonly Micros[]): Segment[] {
  const [from, to] = [bounds[0] ?? 0n, bounds.at(-1) ?? 0n]
  const [first, last] = [up(from, QUARTER), down(to, QUARTER)]
  const between = bounds.slice(1, -1)
  if (first >= last || between.some((at) => at % QUARTER !== 0n)) return [{ source: 'events', from, to }]
  const byHour = between.every((at) => at % HOUR === 0n) ? byHours(first, last) : []
  const rolledUp = byHour.length > 0 ? byHour : [{ source: 'quarters' as const, from: first, to: last }]
  const all: Segment[] = [
    { source: 'events', from, to: first },
    ...rolledUp,
    { source: 'events', from: last, to },
  ]
  return all.filter((segment) => segment.from < segment.to)
}

function byHours(first: Micros, last: Micros): Segment[] {
  const [firstHour, lastHour] = [up(first, HOUR), down(last, HOUR)]
  if (firstHour >= lastHour) return []
  return [
    { source: 'quarters', from: first, to: firstHour },
    { source: 'hours', from: firstHour, to: lastHour },
    { source: 'quarters', from: lastHour, to: last },
  ]
}

function down(at: Micros, step: Micros): Micros {
  return at - (((at % step) + step) % step)
}

function up(at: Micros, step: Micros): Micros {
  return down(at + step - 1n, step)
}
