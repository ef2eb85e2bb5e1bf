import type { EventOrder } from './event-order-sql.ts'
import type { Micros } from '../../domain/instant.ts'
/** Selects the events whose column holds any of the values. Without values it selects none. */
export interface EventFilter {
  /** `event_id`, `event_type`, or a column of EVENT_FIELDS. */
  column: string
  values: readonly string[]
}

/** All events of the workspace, or only those of these accounts and Connect Webviews (ids that are no UUIDs match nothing). */
export type EventVisibility =
  | { kind: 'all' }
  | { kind: 'only'; connectedAccountIds: readonly string[]; connectWebviewIds: readonly string[] }

export interface EventQuery {
  workspaceId: string
  visibility: EventVisibility
  /** Events created after this instant, not at it. */
  after?: Micros | undefined
  /** Events created before this instant, not at it. */
  before?: Micros | undefined
  /** All of them must hold. */
  filters: readonly EventFilter[]
  /** One of them at least must hold as well. */
  anyOf?: readonly EventFilter[] | undefined
  /** Events that come after this one in the list's order. */
  following?: EventPosition | undefined
  /** Absent: by creation, the newest first. */
  order?: EventOrder
  limit: number
  offset: number
  /** Whether the caller may see the secrets. Absent: they are not read. */
  withSecrets?: boolean
  /** Reads where the events stand in the list, instead of what they say. */
  onlyPositions?: boolean
}

/** An event as it is stored: its text without the secrets, and the sealed secrets beside it. */
export interface StoredEvent {
  body: string
  /** Null also when they were not asked for. */
  sealedSecrets: Buffer | null
  /** The event whose row the secrets were sealed for; empty when they were not asked for. */
  eventId: string
}

/** Where an event stands in the list's order. */
export interface EventPosition {
  /** The instant that the list is ordered by. */
  orderedAt: Micros
  eventId: string
}
