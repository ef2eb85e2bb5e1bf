import type { EventPosition, EventQuery, StoredEvent } from '../store/events/event-query.ts'
import type { Db } from '../store/database.ts'
import { listEvents } from '../store/events/list-events.ts'
import { positionOf } from '../store/events/position-of.ts'
import { readEventPosition } from '../store/events/read-event-position.ts'

/** How much text a page is meant to have. Two pages are held at a time: the one that is written, and the next. */
const PAGE_BYTES = 1024 * 1024
/** Limit on a page's text, for events that are suddenly longer than those before. One event alone may have more. */
export const MAX_EXPORT_PAGE_BYTES = 4 * 1024 * 1024
/** How many events the first page has, when nothing is known about their length. */
const FIRST_PAGE_EVENTS = 500
/** Longer pages save little: 4,000 events took 5 % less time for each than 1,000. */
const MAX_PAGE_EVENTS = 2_000

export type ExportQuery = Omit<EventQuery, 'limit' | 'offset' | 'following'>

export interface ExportSource {
  db: Pick<Db, 'queryTexts'>
  query: ExportQuery
  /** Begins after this event; undefined: with the newest. */
  following: EventPosition | undefined
  /** Does what asks the database: waits for a turn, or tries again. */
  ask: <Result>(work: () => Promise<Result>) => Promise<Result>
}

export interface ExportPage {
  events: StoredEvent[]
  /** Where the page ends; null when it has no events. */
  end: EventPosition | null
}

interface FoundPage extends ExportPage {
  hasMore: boolean
  /** How many events the next page should have. */
  nextEvents: number
}

/**
 * All that the query finds, newest first, page by page. Each page is a statement of its own, so nothing is held open while a slow reader
 * reads (a long transaction would hold back vacuum and all followers of the order of arrival). The next page is asked for while the one
 * before is written.
 */
export async function* exportPages(source: ExportSource): AsyncGenerator<ExportPage> {
  let coming: Promise<FoundPage> | null = readPage(source, source.following, FIRST_PAGE_EVENTS)
  while (coming !== null) {
    const { hasMore, nextEvents, ...page }: FoundPage = await coming
    coming = hasMore && page.end !== null ? readPage(source, page.end, nextEvents) : null
    // Who stops reading never learns of an error of the page that nobody waits for.
    coming?.catch(() => {})
    yield page
  }
}

async function readPage(
  { db, query, ask }: ExportSource,
  following: EventPosition | undefined,
  limit: number,
): Promise<FoundPage> {
  const asked: EventQuery = { ...query, following, limit, offset: 0 }
  const { events, isCut } = await ask(() => listEvents(db, asked, MAX_EXPORT_PAGE_BYTES))
  const last = events.at(-1)
  if (last === undefined) return { events, end: null, hasMore: false, nextEvents: limit }
  const end = positionOf(last.body) ?? (await ask(() => readEventPosition(db, asked, events.length - 1)))
  if (end === null) throw new Error('The last event of a page was deleted before it could be read again.')
  return { events, end, hasMore: isCut || events.length === limit, nextEvents: eventsFor(events) }
}

/** How many events like these make a page. */
function eventsFor(events: readonly StoredEvent[]): number {
  const length = events.reduce((sum, { body }) => sum + body.length, 0) / events.length
  return Math.min(MAX_PAGE_EVENTS, Math.max(1, Math.floor(PAGE_BYTES / Math.max(1, length))))
}
