import type { EventPosition } from './event-query.ts'
import { parseInstant } from '../../domain/instant.ts'
import { isUuid } from '../../domain/uuid.ts'
import { type EventOrder, NEWEST_FIRST } from './event-order-sql.ts'

/**
 * Reads an event's position in a list from its text, which is where ingest took the row's columns from. Null when the text lacks it, because
 * somebody has changed the row.
 */
export function positionOf(body: string, { by }: EventOrder = NEWEST_FIRST): EventPosition | null {
  const { event_id: eventId, ...event } = JSON.parse(body) as Record<string, unknown>
  const orderedAt =
    (by === 'occurred_at' ? instantOf(event.occurred_at) : null) ?? instantOf(event.created_at)
  return orderedAt === null || !isUuid(eventId) ? null : { orderedAt, eventId: eventId.toLowerCase() }
}

function instantOf(value: unknown): bigint | null {
  return typeof value === 'string' ? parseInstant(value) : null
}
