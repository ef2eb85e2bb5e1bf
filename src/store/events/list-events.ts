import { EVENT_FIELDS } from '../../domain/event-fields.ts'
import { formatInstant, type Micros } from '../../domain/instant.ts'
import type { CallerProof } from '../../domain/caller.ts'
import { callerProofSql } from '../keys/caller-proof.ts'
import type { Db } from '../database.ts'
import { pageFirstSql } from './page-first-sql.ts'
import { readBytea, type TextRow } from '../../postgres/text-query.ts'
import { visibilityConditions, visibleEventsSql } from './visible-events-sql.ts'

/** Selects the events whose column holds any of the values. Without values it selects none. */
export interface EventFilter {
  /** `event_id`, `event_type`, or a column of EVENT_FIELDS. */
  column: string
  values: readonly string[]
}

/** All events of the workspace, or only those of these accounts and Connect Webviews (ids that are no UUIDs match nothing). */
export type EventVisibility =
  | { kind: 'all' }
  | { kind: 'only'; connectedAccountIds: readonly string[]; connectWebviewIds: readonly string[] }

export interface EventQuery {
  workspaceId: string
  visibility: EventVisibility
  /** Events created after this instant, not at it. */
  after?: Micros | undefined
  /** Events created before this instant, not at it. */
  before?: Micros | undefined
  /** All of them must hold. */
  filters: readonly EventFilter[]
  /** Events that come after this one in the list's order. */
  following?: { createdAt: Micros; eventId: string } | undefined
  limit: number
  offset: number
  /** Whether the caller may see the secrets. Absent: they are not read. */
  withSecrets?: boolean
  /** Reads where the events stand in the list, instead of what they say. */
  onlyPositions?: boolean
}

/** An event as it is stored: its text without the secrets, and the sealed secrets beside it. */
export interface StoredEvent {
  body: string
  /** Null also when they were not asked for. */
  sealedSecrets: Buffer | null
  /** The event whose row the secrets were sealed for; empty when they were not asked for. */
  eventId: string
}

const COLUMN_TYPES: ReadonlyMap<string, 'uuid' | 'uuid[]' | 'text'> = new Map([
  ['event_id', 'uuid'],
  ['event_type', 'text'],
  ...EVENT_FIELDS.map(({ column, type }) => [column, type] as const),
])

export interface ListedEvents {
  events: StoredEvent[]
  /** Whether further events were left out because they would have passed `maxBytes`. */
  isCut: boolean
}

const NONE: ListedEvents = { events: [], isCut: false }

/** The events, newest first, ties by event id. It reads as many as fit into `maxBytes`, but at least one. */
export async function listEvents(
  db: Pick<Db, 'queryTexts'>,
  query: EventQuery,
  maxBytes: number,
): Promise<ListedEvents> {
  if (query.filters.some(({ values }) => values.length === 0)) return NONE
  const { text, parameters } = listEventsSql(query)
  const { rows, isCut } = await db.queryTexts({ text, values: parameters }, maxBytes)
  return { events: rows.map(storedEvent), isCut }
}

/**
 * Does the same for a caller that was known a moment ago. The rows themselves say whether the caller is still the same. Without rows that
 * is unknown, and the caller has to be looked up. (A join with the proof would always give a row, but cost Postgres 0.1 ms more.)
 */
export async function listEventsWithProof(
  db: Pick<Db, 'queryTexts'>,
  query: EventQuery,
  proof: CallerProof,
  maxBytes: number,
): Promise<ListedEvents & { proven: 'yes' | 'no' | 'unknown' }> {
  if (query.filters.some(({ values }) => values.length === 0)) return { ...NONE, proven: 'unknown' }
  const { text, parameters } = listEventsSql(query, proof)
  const { rows, isCut } = await db.queryTexts({ text, values: parameters }, maxBytes)
  const [first] = rows
  if (first === undefined) return { ...NONE, proven: 'unknown' }
  if (first.at(-1) !== IS_TRUE) return { ...NONE, proven: 'no' }
  return { events: rows.map((row) => storedEvent(row.slice(0, -1))), isCut, proven: 'yes' }
}

/** How Postgres writes `true` as text. */
const IS_TRUE = 't'

function storedEvent([body, secrets, eventId]: TextRow): StoredEvent {
  return { body: body as string, sealedSecrets: readBytea(secrets), eventId: eventId ?? '' }
}

/**
 * The statement behind `listEvents`. It has conditions only for what is asked, and pg sends it unnamed, so that Postgres plans each call
 * with its values. The plan depends on how rare the values are: Postgres reads the filter's index, or the index by time and applies the
 * filter on the way. A test explains the statement for every filter.
 */
export function listEventsSql(
  query: EventQuery,
  proof?: CallerProof,
): { text: string; parameters: unknown[] } {
  const parameters: unknown[] = []
  const parameter: Parameter = (value) => `$${parameters.push(value)}`
  const inPassing = proof === undefined ? '' : `, ${callerProofSql(proof, parameter)}`
  const answered = `${namesOf(query)}${inPassing}`
  const merged = mergedFilter(query)
  if (merged !== null) return { text: mergedSql(query, merged, answered, parameter), parameters }
  const where = conditionsOf(query, parameter).join(' and ')
  const namesEvents = query.filters.some(({ column, values }) => column === 'event_id' && values.length > 1)
  if (namesEvents || (query.visibility.kind === 'all' && query.offset >= FAR_OFFSET)) {
    const text = pageFirstSql({
      columns: columnsOf(query),
      answered,
      where: [where, ...visibilityConditions(query.visibility, parameter)].join(' and '),
      workspaceId: parameter(query.workspaceId),
      limit: parameter(query.limit),
      offset: parameter(query.offset),
      allFirst: namesEvents,
    })
    return { text, parameters }
  }
  if (query.visibility.kind === 'all') {
    const text = `select ${columnsOf(query)}${inPassing} from events where ${where}
order by created_at desc, event_id
limit ${parameter(query.limit)} offset ${parameter(query.offset)}`
    return { text, parameters }
  }
  return {
    text: visibleEventsSql(query, query.visibility, where, columnsOf(query), answered, parameter),
    parameters,
  }
}

type Parameter = (value: unknown) => string

/** From this offset on, reading the rows before the page costs more than finding the page in the index first. */
const FAR_OFFSET = 2_000

/** The columns that are read of an event, in the order of the answer. */
function columnsOf({ withSecrets = false, onlyPositions = false }: EventQuery): string {
  if (onlyPositions)
    return `to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as row_time, event_id as row_id`
  return withSecrets ? 'body, secrets, event_id as row_id' : 'body'
}

/** The names of these columns outside a subquery that reads them beside the columns of the order. */
function namesOf({ withSecrets = false, onlyPositions = false }: EventQuery): string {
  if (onlyPositions) return 'row_time, row_id'
  return withSecrets ? 'body, secrets, row_id' : 'body'
}

/** The query's filter, if it is the only one, has several values, and has an index that gives the order for each value. Otherwise null. */
function mergedFilter({ visibility, filters }: EventQuery): EventFilter | null {
  const [filter, another] = filters
  if (visibility.kind !== 'all' || filter === undefined || another !== undefined) return null
  const hasOrder = filter.column !== 'event_id' && COLUMN_TYPES.get(filter.column) !== 'uuid[]'
  return hasOrder && new Set(filter.values).size > 1 ? filter : null
}

/**
 * For several values of one filter: reads the newest events of each value and merges them. Left to itself, Postgres walks through the
 * index by time until the page is full, because it estimates each value by the average. For devices without any event that is the whole
 * table (5,000,000 rows, 7 s).
 *
 * The statement first looks at a few of each value's newest events, twice a page together. The page can't reach further back than the
 * point where these fill it, so each value is then read only down to that point. For ten thousand devices that is hardly more than the page.
 */
function mergedSql(
  query: EventQuery,
  { column, values }: EventFilter,
  answered: string,
  parameter: Parameter,
): string {
  const { limit, offset } = query
  const type = COLUMN_TYPES.get(column)
  const ids = [...new Set(values)]
  const wanted = limit + offset
  const where = `${conditionsOf({ ...query, filters: [] }, parameter).join(' and ')} and ${column} = mine.id`
  const newest = (most: number) => `order by created_at desc, event_id limit ${parameter(most)}`
  return `with probe as materialized (
  select mine.id, first.created_at from unnest(${parameter(ids)}::${type}[]) as mine (id)
  cross join lateral (select created_at from events where ${where} ${newest(Math.ceil((2 * wanted) / ids.length))}) as first
), reach as materialized (
  select created_at from probe order by created_at desc offset ${parameter(wanted - 1)} limit 1
)
select ${answered} from (select distinct id from probe) as mine
cross join lateral (
  select ${columnsOf(query)}, created_at, event_id from events
  where ${where} and created_at >= coalesce((select created_at from reach), '-infinity') ${newest(wanted)}
) as newest
order by created_at desc, event_id limit ${parameter(limit)} offset ${parameter(offset)}`
}

function conditionsOf(query: EventQuery, parameter: Parameter): string[] {
  const conditions = [`workspace_id = ${parameter(query.workspaceId)}`]
  if (query.after !== undefined) conditions.push(`created_at > ${parameter(formatInstant(query.after))}`)
  if (query.before !== undefined) conditions.push(`created_at < ${parameter(formatInstant(query.before))}`)
  if (query.following !== undefined) {
    const createdAt = parameter(formatInstant(query.following.createdAt))
    const eventId = parameter(query.following.eventId)
    // Postgres enters the index by the first half of this condition.
    conditions.push(`created_at <= ${createdAt} and (created_at < ${createdAt} or event_id > ${eventId})`)
  }
  return [...conditions, ...query.filters.map((filter) => filterSql(filter, parameter))]
}

function filterSql({ column, values }: EventFilter, parameter: Parameter): string {
  const type = COLUMN_TYPES.get(column)
  if (type === undefined)
    throw new Error(`events has no column '${column}' to filter by; see event-fields.ts.`)
  const distinct = [...new Set(values)]
  if (type === 'uuid[]') return `${column} && ${parameter(distinct)}::uuid[]`
  // With `=` the index also gives the order. With `any`, even of one value, Postgres sorts.
  if (distinct.length === 1) return `${column} = ${parameter(distinct[0])}`
  return `${column} = any(${parameter(distinct)}::${type}[])`
}
