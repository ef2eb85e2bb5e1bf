import type { Micros } from '../../domain/instant.ts'
import { readBytea, type TextRow } from '../../postgres/text-query.ts'
import type { Db } from '../database.ts'
import type { EventPosition } from './read-event-position.ts'
import type { EventOrder } from './event-order-sql.ts'
import { listEventsSql } from './list-events-sql.ts'

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
  /** One of them at least must hold as well. */
  anyOf?: readonly EventFilter[] | undefined
  /** Events that come after this one in the list's order. */
  following?: EventPosition | undefined
  /** Absent: by creation, the newest first. */
  order?: EventOrder
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

export interface ListedEvents {
  events: StoredEvent[]
  /** Whether further events were left out because they would have passed `maxBytes`. */
  isCut: boolean
}

/** The events, newest first, ties by event id. It reads as many as fit into `maxBytes`, but at least one. */
export async function listEvents(
  db: Pick<Db, 'queryTexts'>,
  query: EventQuery,
  maxBytes: number,
): Promise<ListedEvents> {
  if (query.filters.some(({ values }) => values.length === 0)) return { events: [], isCut: false }
  const { rows, isCut } = await db.queryTexts(listEventsSql(query), maxBytes)
  return { events: storedEvents(rows, query), isCut }
}

/** Reads the rows of the statement's page. */
export function storedEvents(rows: readonly TextRow[], { withSecrets = false }: EventQuery): StoredEvent[] {
  return rows.map(withSecrets ? eventWithSecrets : eventWithout)
}

function eventWithout([body]: TextRow): StoredEvent {
  return { body: body as string, sealedSecrets: null, eventId: '' }
}

function eventWithSecrets([body, secrets, eventId]: TextRow): StoredEvent {
  return { body: body as string, sealedSecrets: readBytea(secrets), eventId: eventId as string }
}
