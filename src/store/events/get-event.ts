import type { EventQuery, StoredEvent } from './event-query.ts'
import { listEvents } from './list-events.ts'
import type { Db } from '../database.ts'

/** The newest event that all filters match and that may be seen; null when there is none. */
export async function getEvent(
  db: Pick<Db, 'queryTexts'>,
  query: Pick<EventQuery, 'workspaceId' | 'visibility' | 'filters' | 'withSecrets'>,
): Promise<StoredEvent | null> {
  const { events } = await listEvents(db, { ...query, limit: 1, offset: 0 }, Infinity)
  return events[0] ?? null
}
