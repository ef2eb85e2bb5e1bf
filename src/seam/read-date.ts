import { MICROS_PER_MS, MICROS_PER_SECOND, type Micros, microsFromMillis } from '../domain/instant.ts'

/** What an answer says about Seam's clock. Only `read` can prove anything (I6). */
export type DateReading =
  /**
   * Seam's clock when it was asked lies between the two. `earliest` is the header minus the time of the whole exchange: the header may be
   * stamped after the query ran, and its seconds are rounded down, so both errors are on the safe side.
   */
  | { kind: 'read'; earliest: Micros; latest: Micros }
  | { kind: 'missing' }
  /** There is a header, but it is not an HTTP date. */
  | { kind: 'unreadable' }

/** Matches `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that a server may send (RFC 9110, 5.6.7). */
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/

/** Reads the `Date` header of an answer whose exchange took `exchangeMs`. */
export function readDate(header: string | undefined, exchangeMs: number): DateReading {
  if (header === undefined) return { kind: 'missing' }
  const unixMs = parseHttpDate(header)
  if (unixMs === null) return { kind: 'unreadable' }
  const at = microsFromMillis(unixMs)
  const exchange = BigInt(Math.ceil(exchangeMs)) * MICROS_PER_MS
  return { kind: 'read', earliest: at - exchange, latest: at + exchange + MICROS_PER_SECOND }
}

/** Reads an HTTP date as Unix milliseconds. `Date.parse` alone would read `0` and `-1` as dates near 2000, and accept any time zone. */
export function parseHttpDate(text: string): number | null {
  const unixMs = IMF_FIXDATE.test(text) ? Date.parse(text) : Number.NaN
  // A date that does not exist, or has a wrong weekday, prints differently.
  return !Number.isNaN(unixMs) && new Date(unixMs).toUTCString() === text ? unixMs : null
}
