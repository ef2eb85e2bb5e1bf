import type { Micros } from './instant.ts'

/** One event as Seam writes it: flat, discriminated by `event_type` (contract, section 12.1). */
export interface SeamEvent {
  event_id: string
  workspace_id: string
  event_type: string
  /** RFC 3339; when Seam made the event. The time filters of events/list look at this. */
  created_at: string
  /** RFC 3339; when the thing happened. Absent from old events. */
  occurred_at?: string
  [field: string]: unknown
}

/**
 * An event made by the caller. `event_id`, `workspace_id` and `created_at` are filled when absent; without an
 * `event_type`, the given fields are laid over a realistic event. Nothing is checked, so that unusable events can be made;
 * a field given as `undefined` is left out.
 */
export type NewEvent = Record<string, unknown>

/** An event as it is kept upstream. */
export interface StoredEvent {
  event: SeamEvent
  /** The event as JSON: the very bytes of a webhook, and of the item in a page. */
  text: string
  createdAtMicros: Micros
  /** Unix milliseconds by the server's clock from which events/list shows it. */
  visibleAtMs: number
}
