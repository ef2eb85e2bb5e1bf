import { type Expression, type RawBuilder, sql } from 'kysely'

/** The database's clock when the row is read, not when the transaction began. */
export const CLOCK = sql<string>`clock_timestamp()`

const FORMATS = {
  seconds: 'YYYY-MM-DD"T"HH24:MI:SS"Z"',
  milliseconds: 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"',
  microseconds: 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"',
}

/** An instant as RFC 3339 in UTC, cut to this unit. */
export function rfc3339<Instant extends string | null>(
  instant: Expression<Instant>,
  unit: keyof typeof FORMATS,
): RawBuilder<Instant> {
  return sql<Instant>`to_char(${instant} at time zone 'UTC', ${sql.lit(FORMATS[unit])})`
}

/** A text that stands in the statement itself, and whose type is that text. */
export function literal<const Text extends string>(text: Text): RawBuilder<Text> {
  return sql.lit<Text>(text)
}
