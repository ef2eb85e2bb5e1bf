import { type EventColumns, eventColumns } from './event-columns.ts'
import { type Micros, parseInstant } from './instant.ts'
import { isUuid } from './uuid.ts'

/** How an event reached us: pushed to the receiver, or pulled by the poller (backfill and audit pull as well). */
export type IngestPath = 'webhook' | 'poll'

/** One Seam event, checked and ready to be stored. */
export interface UsableEvent extends EventColumns {
  kind: 'event'
  workspaceId: string
  eventId: string
  createdAt: Micros
  /** The event exactly as it was received; this is what is stored and served (I7). */
  json: string
  /** Set when Postgres refused the event as it was. Then no columns are filled, and deeply nested values are taken out like secrets. */
  isRefused?: true
}

/** What was received but cannot be stored as an event; it goes to quarantine with its reason (I11). */
export interface UnusableEvent {
  kind: 'unusable'
  workspaceId: string
  reason: UnusableReason
  /** One sentence for the person who will look at it; never holds a value of the event. */
  detail: string
  body: Uint8Array
}

export type UnusableReason =
  | 'not_utf8'
  | 'not_json'
  | 'not_an_object'
  | 'bad_event_id'
  | 'bad_event_type'
  | 'bad_created_at'
  | 'bad_workspace_id'
  | 'foreign_workspace'
  | 'conflicting_event'
  | 'refused_by_database'

/**
 * Checks one event's JSON text. An event must have a UUID, a type and a creation time, and must not name another workspace. Everything
 * else passes as it is: unknown types and fields are normal (contract, trap 19), and a value that fits no column is still stored in the
 * body.
 */
export function parseEvent(json: string, workspaceId: string): UsableEvent | UnusableEvent {
  const unusable = (reason: UnusableReason, detail: string): UnusableEvent => ({
    kind: 'unusable',
    workspaceId,
    reason,
    detail,
    body: Buffer.from(json),
  })
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return unusable('not_json', 'The body is not JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return unusable('not_an_object', 'The body is JSON, but not an object.')
  }
  const event = value as Record<string, unknown>
  if (!isUuid(event.event_id)) return unusable('bad_event_id', 'event_id is missing or not a UUID.')
  if (typeof event.event_type !== 'string' || event.event_type === '') {
    return unusable('bad_event_type', 'event_type is missing, empty, or not text.')
  }
  const createdAt = typeof event.created_at === 'string' ? parseInstant(event.created_at) : null
  if (createdAt === null)
    return unusable('bad_created_at', 'created_at is missing or not an RFC 3339 instant.')
  const { workspace_id: owner } = event
  if (owner !== undefined && !isUuid(owner))
    return unusable('bad_workspace_id', 'workspace_id is not a UUID.')
  if (owner !== undefined && owner.toLowerCase() !== workspaceId.toLowerCase()) {
    return unusable('foreign_workspace', 'workspace_id names another workspace.')
  }
  return {
    kind: 'event',
    workspaceId,
    eventId: event.event_id.toLowerCase(),
    createdAt,
    ...eventColumns(event),
    json,
  }
}
