import type { EventPosition, EventQuery } from './event-query.ts'
import { parseInstant } from '../../domain/instant.ts'
import { listEventsSql } from './list-events-sql.ts'
import type { Db } from '../database.ts'

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
