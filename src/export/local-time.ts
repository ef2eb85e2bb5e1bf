import { formatInstant, MICROS_PER_SECOND, type Micros } from '../domain/instant.ts'

/** Every zone's offset changes at a quarter of an hour in UTC, and has since 1972. */
const QUARTER_SECONDS = 900
/** 300 years of changes would fit; a long export has as many quarters as its window. */
const MAX_KNOWN_QUARTERS = 10_000

/**
 * Makes a function that writes an instant as the clocks of a zone show it, to the second and as spreadsheets read it: `2026-06-15 18:54:17`.
 * `Intl` takes 3 µs for an instant, so it is asked once for each quarter of an hour, for the offset.
 *
 * @throws RangeError for a zone that there is not.
 */
export function localTimeIn(timeZone: string): (instant: Micros) => string {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const offsets = new Map<number, number>()
  const offsetAt = (quarter: number): number => {
    const known = offsets.get(quarter)
    if (known !== undefined) return known
    if (offsets.size >= MAX_KNOWN_QUARTERS) offsets.clear()
    const seconds = quarter * QUARTER_SECONDS
    const parts = new Map(
      format.formatToParts(seconds * 1000).map(({ type, value }) => [type, Number(value)]),
    )
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0
    const shown = new Date(0)
    shown.setUTCFullYear(part('year'), part('month') - 1, part('day'))
    shown.setUTCHours(part('hour'), part('minute'), part('second'))
    const offset = shown.getTime() / 1000 - seconds
    offsets.set(quarter, offset)
    return offset
  }
  return (instant) => {
    const quarter = Math.floor(Number(instant / MICROS_PER_SECOND) / QUARTER_SECONDS)
    const local = formatInstant(instant + BigInt(offsetAt(quarter)) * MICROS_PER_SECOND)
    return `${local.slice(0, 10)} ${local.slice(11, 19)}`
  }
}
