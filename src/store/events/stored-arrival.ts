import type { ArrivalCursor } from './arrival-cursor.ts'
import type { Micros } from '../../domain/instant.ts'
import type { StoredEvent } from './event-query.ts'
export interface StoredArrival extends StoredEvent {
  cursor: ArrivalCursor
}

/** An event with the columns that it can be selected by (event-selection.ts). */
export interface SelectableArrival extends StoredArrival {
  createdAt: Micros
  /** By name: `event_type` and the columns of EVENT_FIELDS. */
  columns: Readonly<Record<string, string | readonly string[] | null>>
}
