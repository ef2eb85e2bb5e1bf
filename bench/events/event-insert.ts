import { EVENT_FIELDS } from '../../src/domain/event-fields.ts'

const COLUMNS = [
  'workspace_id',
  'event_id',
  'event_type',
  'created_at',
  'occurred_at',
  ...EVENT_FIELDS.map(({ column }) => column),
  'body',
]

/** The INSERT that everybody would write for one event. It has the same columns and indexes as ours. */
export const EVENT_INSERT_SQL = `insert into events (${COLUMNS.join(', ')}, webhook_at)
values (${COLUMNS.map((_column, i) => `$${i + 1}`).join(', ')}, now())
on conflict do nothing`

/** The INSERT's values for the event with this JSON. */
export function eventInsertValues(text: string): unknown[] {
  const event = JSON.parse(text) as Record<string, unknown>
  const fields = EVENT_FIELDS.map(({ type, from }) => {
    const values = from.flatMap((name) => event[name] ?? [])
    if (values.length === 0) return null
    return type === 'uuid[]' ? values : values[0]
  })
  const { workspace_id, event_id, event_type, created_at, occurred_at = null } = event
  return [workspace_id, event_id, event_type, created_at, occurred_at, ...fields, text]
}
