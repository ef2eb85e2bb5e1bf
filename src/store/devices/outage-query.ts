import type { Micros } from '../../domain/instant.ts'
import type { DeviceFilter } from './device-query.ts'
/** The event that began an outage. */
export interface OutagePosition {
  createdAt: Micros
  eventId: string
}

export interface OutageQuery extends DeviceFilter {
  /** This is when the window begins: what was out at this instant belongs to it. */
  at: Micros
  /** Outages that began before this instant; null: until now. */
  before: Micros | null
  /** Outages that come after this one in the list's order. */
  following?: OutagePosition | undefined
  limit: number
}

export interface BeganOutage {
  deviceId: string
  eventId: string
  /** Microseconds. */
  createdAt: string
}
