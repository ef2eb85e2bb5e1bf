import { EVENT_FIELDS } from '../domain/event-fields.ts'
import type { IngestPath, UsableEvent } from '../domain/event.ts'
import { formatInstant } from '../domain/instant.ts'
import { type Db, runSql } from './open-database.ts'

/** An event with its secrets taken out of the text. */
export interface EventRow {
  event: UsableEvent
  body: string
  sealedSecrets: Buffer | null
}

interface Row {
  workspace_id: string
  event_id: string
  inserted: boolean
}

/** One column of the batch: its name, the element type of the array that carries it, and how an event fills it. */
interface BatchColumn {
  name: string
  arrayType: string
  select: string
  value: (row: EventRow) => string | Buffer | null
}

const COLUMNS: readonly BatchColumn[] = [
  plain('workspace_id', 'uuid', ({ event }) => event.workspaceId),
  plain('event_id', 'uuid', ({ event }) => event.eventId),
  plain('event_type', 'text', ({ event }) => event.eventType),
  plain('created_at', 'timestamptz', ({ event }) => formatInstant(event.createdAt)),
  plain('occurred_at', 'timestamptz', ({ event }) =>
    event.occurredAt === null ? null : formatInstant(event.occurredAt),
  ),
  ...EVENT_FIELDS.map((field, i): BatchColumn => {
    if (field.type !== 'uuid[]')
      return plain(field.column, field.type, ({ event }) => event.fields[i] as string | null)
    // unnest flattens arrays of arrays, so an array travels as its text form and is cast for each row.
    return {
      name: field.column,
      arrayType: 'text[]',
      select: `${field.column}::uuid[]`,
      value: ({ event }) => {
        const ids = event.fields[i] as readonly string[] | null
        return ids === null ? null : `{${ids.join(',')}}`
      },
    }
  }),
  plain('body', 'json', ({ body }) => body),
  plain('secrets', 'bytea', ({ sealedSecrets }) => sealedSecrets),
]

function plain(name: string, type: string, value: BatchColumn['value']): BatchColumn {
  return { name, arrayType: `${type}[]`, select: name, value }
}

/**
 * One statement for a whole batch: what is new is inserted, and what was there gets the sighting it lacked; nothing else of
 * it changes. `distinct on` folds duplicates within the batch ("cannot affect row a second time"), and orders the rows by
 * key, so that two batches with the same events wait for each other instead of deadlocking. The `where` leaves a row that
 * has its sighting untouched: a redelivery writes nothing.
 *
 * `xmax = 0` is true for rows this statement inserted and false for those it updated.
 */
const SQL = `
insert into events as e (${COLUMNS.map(({ name }) => name).join(', ')}, webhook_at, poll_at)
select distinct on (workspace_id, event_id)
  ${COLUMNS.map(({ select }) => select).join(', ')},
  case when $1 = 'webhook' then statement_timestamp() end,
  case when $1 = 'poll' then statement_timestamp() end
from unnest(${COLUMNS.map(({ arrayType }, i) => `$${i + 2}::${arrayType}`).join(', ')})
  with ordinality as batch (${COLUMNS.map(({ name }) => name).join(', ')}, position)
order by workspace_id, event_id, position
on conflict (workspace_id, event_id) do update set
  webhook_at = coalesce(e.webhook_at, excluded.webhook_at),
  poll_at = coalesce(e.poll_at, excluded.poll_at)
where ($1 = 'webhook' and e.webhook_at is null) or ($1 = 'poll' and e.poll_at is null)
returning workspace_id, event_id, xmax = 0 as inserted`

/** Inserts the events that are new and returns them as `(workspaceId, eventId)`; see SQL above for the rest. */
export async function insertEvents(
  db: Pick<Db, 'executeQuery'>,
  rows: readonly EventRow[],
  path: IngestPath,
): Promise<{ workspaceId: string; eventId: string }[]> {
  if (rows.length === 0) return []
  const arrays = COLUMNS.map((column) => rows.map(column.value))
  const stored = await runSql<Row>(db, SQL, [path, ...arrays])
  return stored
    .filter((row) => row.inserted)
    .map((row) => ({ workspaceId: row.workspace_id, eventId: row.event_id }))
}
