import type { Micros } from './instant.ts'

/** One event as Seam writes it: flat, discriminated by `event_type` (contract, section 12.1). */
export interface SeamEvent {
  event_id: string
  workspace_id: string
  event_type: string
  /** When Seam made the event (RFC 3339). The time filters of events/list look at it. */
  created_at: string
  /** When the thing happened (RFC 3339). Old events don't have it. */
  occurred_at?: string
  [field: string]: unknown
}

/**
 * An event made by the caller. `event_id`, `workspace_id` and `created_at` are filled in when absent. Without an
 * `event_type`, the given fields replace those of a realistic event. Nothing is checked, so that unusable events can be
 * made. A field given as `undefined` is left out.
 */
export type NewEvent = Record<string, unknown>

/** An event as it is kept upstream. */
export interface StoredEvent {
  event: SeamEvent
  /** The event as JSON: the very bytes of a webhook, and of the item in a page. */
  text: string
  createdAtMicros: Micros
  /** From when on events/list shows it, in Unix milliseconds by the server's clock. */
  visibleAtMs: number
}
