import { EVENT_FIELDS, type EventField } from './event-fields.ts'
import { type Micros, parseInstant } from './instant.ts'
import { isUuid } from './uuid.ts'

/** How an event reached us: pushed to the receiver, or pulled by the poller (backfill and audit pull as well). */
export type IngestPath = 'webhook' | 'poll'

/** The value of one filter column (see event-fields.ts): one id, several, or nothing. */
export type FieldValue = string | readonly string[] | null

/** One Seam event, checked and ready to be stored. */
export interface UsableEvent {
  kind: 'event'
  workspaceId: string
  eventId: string
  eventType: string
  createdAt: Micros
  occurredAt: Micros | null
  /** In the order of EVENT_FIELDS. */
  fields: readonly FieldValue[]
  /** The event exactly as it was received; this is what is stored and served (I7). */
  json: string
}

/** What was received but can't be stored as an event; it goes to quarantine with its reason (I11). */
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
  | 'foreign_workspace'
  | 'refused_by_database'

/** Longest `event_type` taken; the longest known has 56 characters. Longer ones would not fit an index entry. */
export const MAX_EVENT_TYPE_LENGTH = 256
/** Longest `customer_key` that can be filtered by; an event with a longer one is stored, but not found by it. */
export const MAX_CUSTOMER_KEY_LENGTH = 1000

/**
 * Checks one event's JSON text. Only what storing needs is required: a UUID, a type, a creation time, and not another
 * workspace's id. Everything else passes as it is: types and fields that nobody has heard of yet are normal (contract, trap 19).
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
  if (!isStorableText(event.event_type, MAX_EVENT_TYPE_LENGTH) || event.event_type === '') {
    return unusable('bad_event_type', 'event_type is missing, empty, too long, or not text.')
  }
  const createdAt = typeof event.created_at === 'string' ? parseInstant(event.created_at) : null
  if (createdAt === null)
    return unusable('bad_created_at', 'created_at is missing or not an RFC 3339 instant.')
  if (event.workspace_id !== undefined && !isSameUuid(event.workspace_id, workspaceId)) {
    return unusable('foreign_workspace', 'workspace_id names another workspace.')
  }
  return {
    kind: 'event',
    workspaceId,
    eventId: event.event_id.toLowerCase(),
    eventType: event.event_type,
    createdAt,
    occurredAt: typeof event.occurred_at === 'string' ? parseInstant(event.occurred_at) : null,
    fields: EVENT_FIELDS.map((field) => fieldValue(field, event)),
    json,
  }
}

function fieldValue(field: EventField, event: Record<string, unknown>): FieldValue {
  if (field.type === 'uuid[]') return fieldIds(field, event)
  const value = event[field.column]
  // Most events have three or four of the fields.
  if (value === undefined) return null
  if (field.type === 'text') return isStorableText(value, MAX_CUSTOMER_KEY_LENGTH) ? value : null
  return isUuid(value) ? value : null
}

function fieldIds({ from }: EventField, event: Record<string, unknown>): FieldValue {
  let ids: string[] | null = null
  for (const name of from) {
    const value = event[name]
    if (value === undefined) continue
    const found = (Array.isArray(value) ? value : [value]).filter(isUuid)
    if (found.length > 0) ids = ids === null ? found : [...ids, ...found]
  }
  return ids
}

/** Postgres's `text` has no NUL character, and an index entry has a size. */
function isStorableText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength && !value.includes('\0')
}

function isSameUuid(value: unknown, uuid: string): boolean {
  return typeof value === 'string' && value.toLowerCase() === uuid.toLowerCase()
}
