import { parseInstant } from '../../domain/instant.ts'
import { isUuid } from '../../domain/uuid.ts'
import type { EventPosition } from './read-event-position.ts'

/**
 * Reads an event's position in the list's order from its text, which is where ingest took the row's columns from. Null when the text
 * lacks it, because somebody has changed the row.
 */
export function positionOf(body: string): EventPosition | null {
  const { event_id: eventId, created_at: createdAt } = JSON.parse(body) as Record<string, unknown>
  const instant = typeof createdAt === 'string' ? parseInstant(createdAt) : null
  return instant === null || !isUuid(eventId) ? null : { createdAt: instant, eventId: eventId.toLowerCase() }
}
