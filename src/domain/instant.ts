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

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):?(\d\d)?)$/

/**
 * Reads an RFC 3339 instant with any number of fraction digits and any offset (also the `+00` and `+0000` spellings).
 * Digits beyond the sixth are cut off, never rounded: rounding up could carry an event past a bound it lies before.
 * Returns null for anything else, for dates that do not exist, and for instants outside the years 0001 to 9999 (in UTC).
 */
export function parseInstant(text: string): Micros | null {
  const match = RFC_3339.exec(text)
  if (match === null) return null
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  if (hour > 23 || minute > 59 || second > 60) return null
  const offsetMinutes = offsetOf(match[9], match[10], match[11])
  if (offsetMinutes === null) return null

  const midnight = new Date(0)
  midnight.setUTCFullYear(year, month - 1, day)
  const seconds =
    BigInt(midnight.getTime() / 1000) + BigInt(hour * 3600 + (minute - offsetMinutes) * 60 + second)
  const fraction = BigInt((match[7] ?? '').slice(0, 6).padEnd(6, '0'))
  const instant = seconds * MICROS_PER_SECOND + fraction
  return instant < FIRST_INSTANT || instant > LAST_INSTANT ? null : instant
}

function offsetOf(sign: string | undefined, hours: string | undefined, minutes = '00'): number | null {
  if (sign === undefined || hours === undefined) return 0
  if (Number(hours) > 23 || Number(minutes) > 59) return null
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

function daysInMonth(year: number, month: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month, 0)
  return date.getUTCDate()
}

/** The instant as `2025-06-15T16:54:17.946309Z`: six digits, UTC, sortable as text within the years 0001 to 9999. */
export function formatInstant(micros: Micros): string {
  const inSecond = ((micros % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND
  const wholeSeconds = (micros - inSecond) / MICROS_PER_SECOND
  const seconds = new Date(Number(wholeSeconds) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${inSecond.toString().padStart(6, '0')}Z`
}

/** The instant rounded down to whole milliseconds, as `…17.946Z`: the precision that every version of Seam's API accepts. */
export function formatMillisFloor(micros: Micros): string {
  const millis = micros / MICROS_PER_MS - (micros % MICROS_PER_MS < 0n ? 1n : 0n)
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
