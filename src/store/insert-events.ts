import type { Transaction } from 'kysely'
import { EVENT_FIELDS } from '../domain/event-fields.ts'
import type { IngestPath, UsableEvent } from '../domain/event.ts'
import { formatInstant, type Micros } from '../domain/instant.ts'
import { binaryArray, BYTEA, type ElementType, JSON_TEXT, TEXT, TIMESTAMPTZ, UUID } from './binary-array.ts'
import { type Db, runSql } from './open-database.ts'
import { prepared } from './open-connection.ts'
import type { Database } from './schema.ts'

/** An event with its secrets taken out of the text. */
export interface EventRow {
  event: UsableEvent
  body: string
  sealedSecrets: Buffer | null
}

/** Makes what is stored of an event. */
export type ToRow = (event: UsableEvent) => EventRow

interface Row {
  workspace_id: string
  event_id: string
  inserted: boolean
}

/** One column: how a batch of it is sent, as an array, and how one value alone. */
interface Column {
  name: string
  arrayType: string
  /** How an element of the array becomes the column's value. */
  select: string
  array: (batch: readonly EventRow[]) => Buffer
  type: string
  value: (row: EventRow) => unknown
}

const COLUMNS: readonly Column[] = [
  column('workspace_id', UUID, ({ event }) => event.workspaceId),
  column('event_id', UUID, ({ event }) => event.eventId),
  column('event_type', TEXT, ({ event }) => event.eventType),
  instantColumn('created_at', ({ event }) => event.createdAt),
  instantColumn('occurred_at', ({ event }) => event.occurredAt),
  ...EVENT_FIELDS.map((field, i): Column => {
    if (field.type !== 'uuid[]') {
      const type = field.type === 'uuid' ? UUID : TEXT
      return column(field.column, type, ({ event }) => event.fields[i] as string | null)
    }
    // unnest flattens arrays of arrays, so an array travels as its text form and is cast for each row.
    const asText = column(field.column, TEXT, ({ event }) => {
      const ids = event.fields[i] as readonly string[] | null
      return ids === null ? null : `{${ids.join(',')}}`
    })
    return { ...asText, select: `${field.column}::uuid[]`, type: 'uuid[]' }
  }),
  column('body', JSON_TEXT, ({ body }) => body),
  column('secrets', BYTEA, ({ sealedSecrets }) => sealedSecrets),
]

function column<Value>(
  name: string,
  type: ElementType<Value>,
  value: (row: EventRow) => Value | null,
): Column {
  return {
    name,
    arrayType: `${type.name}[]`,
    select: name,
    array: (batch) => binaryArray(type, batch.map(value)),
    type: type.name,
    value,
  }
}

/** Alone, an instant is sent as text: pg has no other form for it that keeps its microseconds. */
function instantColumn(name: string, instant: (row: EventRow) => Micros | null): Column {
  const value = (row: EventRow): string | null => {
    const micros = instant(row)
    return micros === null ? null : formatInstant(micros)
  }
  return { ...column(name, TIMESTAMPTZ, instant), value }
}

const INTO = `insert into events as e (${COLUMNS.map(({ name }) => name).join(', ')}, webhook_at, poll_at)`

const SIGHTINGS = `
  case when $1 = 'webhook' then statement_timestamp() end,
  case when $1 = 'poll' then statement_timestamp() end`

const ON_CONFLICT = `
on conflict (workspace_id, event_id) do update set
  webhook_at = coalesce(e.webhook_at, excluded.webhook_at),
  poll_at = coalesce(e.poll_at, excluded.poll_at)
where ($1 = 'webhook' and e.webhook_at is null) or ($1 = 'poll' and e.poll_at is null)`

/**
 * One statement for a whole batch: what is new is inserted, and what was there gets the sighting it lacked; nothing else of
 * it changes. The `where` leaves a row that has its sighting untouched: a redelivery writes nothing. `unnest` gives the rows in the
 * order of the arrays.
 *
 * Prepared: planning it took Postgres 0.15 of 0.52 ms for a single event.
 */
const INSERT = `${INTO}
select
  ${COLUMNS.map(({ select }) => select).join(', ')},${SIGHTINGS}
from unnest(${COLUMNS.map(({ arrayType }, i) => `$${i + 2}::${arrayType}`).join(', ')})
  as batch (${COLUMNS.map(({ name }) => name).join(', ')})${ON_CONFLICT}`

const INSERT_SQL = prepared('insert_events', INSERT)

/** The same for an event that comes alone, as nearly all do in a quiet workspace: 0.41 instead of 0.47 ms, commit included. */
const INSERT_ONE_SQL = prepared(
  'insert_event',
  `${INTO}
values (${COLUMNS.map(({ type }, i) => `$${i + 2}::${type}`).join(', ')},${SIGHTINGS})${ON_CONFLICT}`,
)

/**
 * `xmax = 0` is true for rows this statement inserted and false for those it updated. Only for those who have to know: it costs a tenth of
 * the statement.
 */
const INSERT_AND_TELL_SQL = prepared(
  'insert_events_and_tell',
  `${INSERT}
returning workspace_id, event_id, xmax = 0 as inserted`,
)

type Executor = Pick<Db, 'executeQuery'>

/** Inserts the events that are new, and notes the sighting of those that are not; see INSERT above. */
export async function insertEvents(
  db: Executor,
  events: readonly UsableEvent[],
  toRow: ToRow,
  path: IngestPath,
): Promise<void> {
  const rows = inOrder(events).map(toRow)
  const [first, second] = rows
  if (first === undefined) return
  if (second !== undefined) await runSql(db, INSERT_SQL, parametersOf(rows, path))
  else await runSql(db, INSERT_ONE_SQL, [path, ...COLUMNS.map(({ value }) => value(first))])
}

/** Rows of the first statement; each further one has twice as many as the one before. A page of 500 is four statements. */
const FIRST_PART_ROWS = 36

/**
 * The same in the caller's transaction, and returns the new ones. In parts: while Postgres stores one, the next is made, which takes a
 * quarter to a third as long for a row. So the first is small, because nothing is done meanwhile, and the next may be larger.
 */
export async function insertEventsAndTell(
  trx: Transaction<Database>,
  events: readonly UsableEvent[],
  toRow: ToRow,
  path: IngestPath,
): Promise<{ workspaceId: string; eventId: string }[]> {
  const batch = inOrder(events)
  const stored: Row[] = []
  let underWay: Promise<Row[]> = Promise.resolve([])
  for (let from = 0, rows = FIRST_PART_ROWS; from < batch.length; from += rows, rows *= 2) {
    const parameters = parametersOf(batch.slice(from, from + rows).map(toRow), path)
    stored.push(...(await underWay))
    underWay = runSql<Row>(trx, INSERT_AND_TELL_SQL, parameters)
    // Its error is met when it is awaited, which is after the next part was made.
    underWay.catch(() => {})
    // Until it is sent; Kysely and pg take some turns for that.
    await nextTurn()
  }
  stored.push(...(await underWay))
  return stored
    .filter((row) => row.inserted)
    .map((row) => ({ workspaceId: row.workspace_id, eventId: row.event_id }))
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function parametersOf(rows: readonly EventRow[], path: IngestPath): unknown[] {
  return [path, ...COLUMNS.map(({ array }) => array(rows))]
}

/**
 * Each event once, because one statement can't touch a row twice ("cannot affect row a second time"): the first of the same. In the
 * order of the key, so that two batches with the same events wait for each other instead of deadlocking.
 */
function inOrder(events: readonly UsableEvent[]): UsableEvent[] {
  const byKey = new Map<string, UsableEvent>()
  for (const event of events) {
    const key = `${event.workspaceId} ${event.eventId}`
    if (!byKey.has(key)) byKey.set(key, event)
  }
  if (byKey.size === 1) return [...byKey.values()]
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, event]) => event)
}
