import { EVENT_FIELDS, type EventField } from '../domain/event-fields.ts'
import { NAME_KINDS } from '../domain/name-kinds.ts'

/** What a row is made from. */
export interface ExportRow {
  event: Readonly<Record<string, unknown>>
  /** The event's text on one line. */
  text: string
  /** By id, in lower case. */
  names: ReadonlyMap<string, string>
}

/** A column of CSV and Parquet. A `time` is the event's own text of it. */
export type ExportColumn = { name: string } & (
  | { kind: 'text' | 'time'; of: (row: ExportRow) => string | null }
  | { kind: 'list'; of: (row: ExportRow) => string[] | null }
)

/** The columns before the ids, in order. */
export const EVENT_COLUMNS: readonly ExportColumn[] = [
  { name: 'event_id', kind: 'text', of: ({ event }) => textOf(event.event_id) },
  { name: 'event_type', kind: 'text', of: ({ event }) => textOf(event.event_type) },
  { name: 'created_at', kind: 'time', of: ({ event }) => textOf(event.created_at) },
  { name: 'occurred_at', kind: 'time', of: ({ event }) => textOf(event.occurred_at) },
]

const NAMED = new Set<string>(Object.values(NAME_KINDS))

/** One column for each id that events can be filtered by, and beside it the name of what it stands for, where things of its kind have names. */
export const ID_COLUMNS: readonly ExportColumn[] = EVENT_FIELDS.flatMap((field): ExportColumn[] => {
  const name = field.column.replace(/_id(s?)$/, '_name$1')
  if (field.type === 'uuid[]') {
    const ids: ExportColumn = { name: field.column, kind: 'list', of: ({ event }) => idsOf(field, event) }
    if (!NAMED.has(field.column)) return [ids]
    return [ids, { name, kind: 'list', of: ({ event, names }) => namesOf(idsOf(field, event), names) }]
  }
  const id: ExportColumn = {
    name: field.column,
    kind: 'text',
    of: ({ event }) => textOf(event[field.column]),
  }
  if (!NAMED.has(field.column)) return [id]
  return [
    id,
    { name, kind: 'text', of: ({ event, names }) => namesOf(idsOf(field, event), names)?.[0] ?? null },
  ]
})

/** The event as it is, last. */
export const TEXT_COLUMN: ExportColumn = { name: 'event', kind: 'text', of: ({ text }) => text }

const NAMED_FIELDS = EVENT_FIELDS.filter(({ column }) => NAMED.has(column))

/** The ids in an event whose names the columns show, in lower case. */
export function namedIdsIn(event: Readonly<Record<string, unknown>>): string[] {
  return NAMED_FIELDS.flatMap((field) => (idsOf(field, event) ?? []).map((id) => id.toLowerCase()))
}

function idsOf({ from }: EventField, event: Readonly<Record<string, unknown>>): string[] | null {
  let ids: string[] | null = null
  // Most events have few of the fields, and this runs for each field of each event.
  for (const name of from) {
    const value = event[name]
    if (value === undefined || value === null) continue
    const values: unknown[] = Array.isArray(value) ? value : [value]
    for (const each of values) if (typeof each === 'string') (ids ??= []).push(each)
  }
  return ids
}

function namesOf(ids: readonly string[] | null, names: ReadonlyMap<string, string>): string[] | null {
  if (ids === null) return null
  const found = ids.flatMap((id) => names.get(id.toLowerCase()) ?? [])
  return found.length === 0 ? null : found
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : null
}
