import { type EventFilter, listEvents } from './list-events.ts'
import type { Db } from './open-database.ts'

/** The JSON text of the newest event that all filters match; null when there is none. */
export async function getEvent(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
  filters: readonly EventFilter[],
): Promise<string | null> {
  const [newest] = await listEvents(db, { workspaceId, filters, limit: 1, offset: 0 })
  return newest ?? null
}
