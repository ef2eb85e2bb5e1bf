import { EVENT_FIELDS, type EventField } from './event-fields.ts'
import { MASK } from './event-secrets.ts'
import { type Micros, parseInstant } from './instant.ts'
import { isUuid } from './uuid.ts'

/** The value of one filter column (see event-fields.ts): one id, several, or nothing. */
export type FieldValue = string | readonly string[] | null

/** The columns that an event can be found by, apart from its id, workspace and creation time. */
export interface EventColumns {
  eventType: string | null
  occurredAt: Micros | null
  /** In the order of EVENT_FIELDS. */
  fields: readonly FieldValue[]
  /** The values that their columns could not take, and why: `customer_key: too long`. Nearly always null. */
  leftOut: string | null
}

/** Longest `event_type` that can be filtered by, in UTF-8; the longest known has 56. */
export const MAX_EVENT_TYPE_BYTES = 256
/** Longest `customer_key` that can be filtered by, in UTF-8: an index entry has room for 2,704 bytes, ids and time included. */
export const MAX_CUSTOMER_KEY_BYTES = 2_000
/** Most ids in one array that can be filtered by; a delivery holds 6,700. */
export const MAX_FILTER_IDS = 10_000

/** Fills the columns from an event. A value that fits none leaves its column empty: the event is stored all the same. */
export function eventColumns(event: Readonly<Record<string, unknown>>): EventColumns {
  const leftOut: string[] = []
  return {
    eventType: textOf('event_type', event.event_type, MAX_EVENT_TYPE_BYTES, leftOut),
    occurredAt: instantOf('occurred_at', event.occurred_at, leftOut),
    fields: EVENT_FIELDS.map((field) => fieldOf(field, event, leftOut)),
    leftOut: leftOut.length === 0 ? null : leftOut.join('; '),
  }
}

/** Leaves all columns empty, for an event that Postgres refused with its columns filled. */
export function emptyColumns(reason: string): EventColumns {
  return {
    eventType: null,
    occurredAt: null,
    fields: EVENT_FIELDS.map(() => null),
    leftOut: `all columns: ${reason}`,
  }
}

function fieldOf(field: EventField, event: Readonly<Record<string, unknown>>, leftOut: string[]): FieldValue {
  if (field.type === 'uuid[]') return idsOf(field, event, leftOut)
  const value = event[field.column]
  // This comes first because most events have only three or four of the fields.
  if (value === undefined || value === null) return null
  if (field.type === 'text') return textOf(field.column, value, MAX_CUSTOMER_KEY_BYTES, leftOut)
  if (isUuid(value)) return value
  leftOut.push(`${field.column}: not a UUID`)
  return null
}

function idsOf(
  { column, from }: EventField,
  event: Readonly<Record<string, unknown>>,
  leftOut: string[],
): FieldValue {
  let ids: string[] | null = null
  for (const name of from) {
    const value = event[name]
    if (value === undefined || value === null) continue
    const values: unknown[] = Array.isArray(value) ? value : [value]
    const found = values.filter(isUuid)
    if (found.length < values.length) leftOut.push(`${name}: not all are UUIDs`)
    if (found.length > 0) ids = ids === null ? found : [...ids, ...found]
  }
  if (ids === null || ids.length <= MAX_FILTER_IDS) return ids
  leftOut.push(`${column}: too many`)
  return null
}

function textOf(column: string, value: unknown, maxBytes: number, leftOut: string[]): string | null {
  if (value === undefined || value === null) return null
  const problem = textProblem(value, maxBytes)
  if (problem === null) return value as string
  leftOut.push(`${column}: ${problem}`)
  return null
}

/** Says why a value fits no text column: Postgres's `text` is UTF-8 without NUL, and an index entry has a maximum size. */
function textProblem(value: unknown, maxBytes: number): string | null {
  if (typeof value !== 'string') return 'not a text'
  if (value === MASKED) return 'a secret'
  if (value.includes('\0')) return 'has a NUL'
  if (!value.isWellFormed()) return 'not Unicode'
  return value.length * 3 > maxBytes && Buffer.byteLength(value) > maxBytes ? 'too long' : null
}

const MASKED = JSON.parse(MASK) as string

function instantOf(column: string, value: unknown, leftOut: string[]): Micros | null {
  if (value === undefined || value === null) return null
  const instant = typeof value === 'string' ? parseInstant(value) : null
  if (instant === null) leftOut.push(`${column}: not an instant`)
  return instant
}
