import type { EventFilter, EventVisibility } from '../events/event-query.ts'
import type { Micros } from '../../domain/instant.ts'

export const BUCKET_UNITS = ['minute', 'hour', 'day', 'week', 'month'] as const
export type BucketUnit = (typeof BUCKET_UNITS)[number]

/** What counts can be grouped by. */
export const STATS_GROUPS = [
  'event_type',
  'event_family',
  'device_id',
  'connected_account_id',
  'space_id',
  'path',
] as const
export type StatsGroup = (typeof STATS_GROUPS)[number]

/** Counts of the events created in [from, to). */
export interface StatsQuery {
  workspaceId: string
  visibility: EventVisibility
  /** All of them must hold. */
  filters: readonly EventFilter[]
  from: Micros
  to: Micros
  unit: BucketUnit
  /** The IANA name of the zone in whose local time the buckets begin. */
  timeZone: string
  groupBy: readonly StatsGroup[]
}
