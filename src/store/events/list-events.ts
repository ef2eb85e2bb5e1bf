import type { EventQuery, StoredEvent } from './event-query.ts'
import { readBytea, type TextRow } from '../../postgres/text-query.ts'
import type { Db } from '../database.ts'
import { listEventsSql } from './list-events-sql.ts'

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
