import { type Micros, parseInstant } from '../domain/instant.ts'
import { type EventQuery, listEventsSql } from './list-events.ts'
import { type Db, runSql } from './open-database.ts'

/** A page of events as it is served, secrets masked. */
export interface EventsPage {
  /** The events' texts, separated by commas. */
  texts: string
  /** The page's last event, when there are more after it. */
  last: { createdAt: Micros; eventId: string } | null
}

interface Row {
  texts: string | null
  lastCreatedAt: string | null
  lastEventId: string | null
  count: string
}

/**
 * The page that `query` asks for, put together by Postgres: as one row instead of one for each event it costs the service a third of
 * the CPU time (500 events).
 */
export async function listEventsPage(db: Pick<Db, 'executeQuery'>, query: EventQuery): Promise<EventsPage> {
  if (query.filters.some(({ values }) => values.length === 0)) return { texts: '', last: null }
  const { text, parameters } = listEventsPageSql(query)
  const [row] = await runSql<Row>(db, text, parameters)
  if (row === undefined) throw new Error('An aggregate without a row.')
  const { texts, lastCreatedAt, lastEventId, count } = row
  const createdAt = lastCreatedAt === null ? null : parseInstant(lastCreatedAt)
  const hasMore = Number(count) > query.limit && createdAt !== null && lastEventId !== null
  return { texts: texts ?? '', last: hasMore ? { createdAt, eventId: lastEventId } : null }
}

/** One event more than asked for is read: it tells whether there is a next page. */
export function listEventsPageSql(query: EventQuery): { text: string; parameters: unknown[] } {
  const { text, parameters } = listEventsSql({ ...query, limit: query.limit + 1 })
  const limit = `$${parameters.length + 1}`
  return {
    text: `select string_agg(body::text, ',' order by n) filter (where n <= ${limit}) as texts, count(*) as count,
  max(created_at) filter (where n = ${limit}) as "lastCreatedAt",
  max(event_id::text) filter (where n = ${limit}) as "lastEventId"
from (select body, created_at, event_id, row_number() over (order by created_at desc, event_id) as n from (
${text}
) as found) as numbered`,
    parameters: [...parameters, query.limit],
  }
}
