/**
 * An instant as whole microseconds since 1970-01-01T00:00:00Z: what `timestamptz` holds. A JavaScript `Date` is never
 * used for an event's time, because it ends at milliseconds and two events of a burst would become one instant (I7).
 */
export type Micros = bigint

export const MICROS_PER_MS = 1000n
export const MICROS_PER_SECOND = 1_000_000n

/** 0001-01-01T00:00:00Z: Postgres has no year 0. */
const FIRST_INSTANT: Micros = -62_135_596_800_000_000n
/** 9999-12-31T23:59:59.999999Z: RFC 3339 has no longer years. */
const LAST_INSTANT: Micros = 253_402_300_799_999_999n

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)$/

/** Days of the year before each month (by its number from 1), in a year that is no leap year. */
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365]
/** Days from 0001-01-01 to 1970-01-01. */
const DAYS_TO_1970 = 719_162

const DOT = 0x2e
const FRACTION_START = 20
const FRACTION_DIGITS = 6

/**
 * Reads an RFC 3339 instant with any number of fraction digits and any offset (also the `+00` and `+0000` spellings).
 * Digits beyond the sixth are cut off, never rounded: rounding up could carry an event past a bound it lies before.
 * Returns null for anything else, for dates that do not exist, and for instants outside the years 0001 to 9999 (in UTC).
 *
 * It reads by character positions because every event's instants pass here, and a regular expression's captures took a fifth of the
 * time of parsing an event.
 */
export function parseInstant(text: string): Micros | null {
  if (!RFC_3339.test(text)) return null
  const [year, month, day] = [number(text, 0, 4), number(text, 5, 7), number(text, 8, 10)]
  const [hour, minute, second] = [number(text, 11, 13), number(text, 14, 16), number(text, 17, 19)]
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  if (hour > 23 || minute > 59 || second > 60) return null
  const offsetStart = zoneStart(text)
  const offsetMinutes = offsetOf(text, offsetStart)
  if (offsetMinutes === null) return null

  const days = daysBeforeYear(year) + daysBeforeMonth(year, month) + day - 1 - DAYS_TO_1970
  const seconds = days * 86_400 + hour * 3600 + (minute - offsetMinutes) * 60 + second
  const fractionEnd = Math.min(offsetStart, FRACTION_START + FRACTION_DIGITS)
  const digits = Math.max(0, fractionEnd - FRACTION_START)
  const fraction = number(text, FRACTION_START, fractionEnd) * 10 ** (FRACTION_DIGITS - digits)
  const instant = BigInt(seconds) * MICROS_PER_SECOND + BigInt(fraction)
  return instant < FIRST_INSTANT || instant > LAST_INSTANT ? null : instant
}

/** The digits from `start` to `end` as a number; 0 for none. */
function number(text: string, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) value = value * 10 + text.charCodeAt(at) - 0x30
  return value
}

/** The position where the `Z` or the offset begins. */
function zoneStart(text: string): number {
  let at = FRACTION_START - 1
  if (text.charCodeAt(at) === DOT) for (at += 1; isDigit(text.charCodeAt(at));) at += 1
  return at
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Reads `Z`, `+hh`, `+hhmm` or `+hh:mm` as minutes; null for an offset that no clock has. */
function offsetOf(text: string, start: number): number | null {
  if (text.length === start + 1) return 0
  const hours = number(text, start + 1, start + 3)
  const minutes = text.length > start + 3 ? number(text, text.length - 2, text.length) : 0
  if (hours > 23 || minutes > 59) return null
  return (text[start] === '-' ? -1 : 1) * (hours * 60 + minutes)
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Days from 0001-01-01 to the first day of the year. */
function daysBeforeYear(year: number): number {
  const years = year - 1
  return years * 365 + Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400)
}

function daysBeforeMonth(year: number, month: number): number {
  return (DAYS_BEFORE_MONTH[month - 1] ?? 0) + (month > 2 && isLeapYear(year) ? 1 : 0)
}

function daysInMonth(year: number, month: number): number {
  return daysBeforeMonth(year, month + 1) - daysBeforeMonth(year, month)
}

/** The instant as `2025-06-15T16:54:17.946309Z`: six digits, UTC, sortable as text within the years 0001 to 9999. */
export function formatInstant(micros: Micros): string {
  const inSecond = ((micros % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND
  const wholeSeconds = (micros - inSecond) / MICROS_PER_SECOND
  const seconds = new Date(Number(wholeSeconds) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${inSecond.toString().padStart(6, '0')}Z`
}

/**
 * The instant rounded down to whole milliseconds, as `…17.946Z`: the precision that every version of Seam's API accepts. Only the years
 * 0001 to 9999 can be asked for, so an instant outside them becomes their first or last millisecond.
 */
export function formatMillisFloor(micros: Micros): string {
  const inRange = micros < FIRST_INSTANT ? FIRST_INSTANT : micros > LAST_INSTANT ? LAST_INSTANT : micros
  const millis = inRange / MICROS_PER_MS - (inRange % MICROS_PER_MS < 0n ? 1n : 0n)
  return new Date(Number(millis)).toISOString()
}

/** The instant rounded up to whole milliseconds. */
export function formatMillisCeil(micros: Micros): string {
  return formatMillisFloor(micros + MICROS_PER_MS - 1n)
}

/** Unix milliseconds (a `Date.now()`, an HTTP `Date` header) as microseconds. */
export function microsFromMillis(unixMs: number): Micros {
  return BigInt(Math.floor(unixMs)) * MICROS_PER_MS
}
