import { type Micros, parseInstant } from '../../domain/instant.ts'
import { listEventsSql } from './list-events-sql.ts'
import type { EventQuery } from './list-events.ts'
import type { Db } from '../database.ts'

/** Where an event stands in the list's order. */
export interface EventPosition {
  /** The instant that the list is ordered by. */
  orderedAt: Micros
  eventId: string
}

/** The place of the nth event (from 0) that a query finds, read from its columns; null when there are fewer by now. */
export async function readEventPosition(
  db: Pick<Db, 'queryTexts'>,
  query: EventQuery,
  nth: number,
): Promise<EventPosition | null> {
  const statement = listEventsSql({ ...query, onlyPositions: true, limit: 1, offset: query.offset + nth })
  const { rows } = await db.queryTexts(statement, Infinity)
  const [orderedAt, eventId] = rows[0] ?? []
  const instant = typeof orderedAt === 'string' ? parseInstant(orderedAt) : null
  return instant === null || typeof eventId !== 'string' ? null : { orderedAt: instant, eventId }
}
