import type { Micros } from './instant.ts'
import type { StoredEvent } from './seam-event.ts'

/** Everything that exists upstream, kept in the order of `created_at`, then `event_id`. */
export class EventStore {
  readonly #ascending: StoredEvent[] = []
  readonly #byId = new Map<string, StoredEvent>()

  /** Oldest first. */
  all(): readonly StoredEvent[] {
    return this.#ascending
  }

  byId(eventId: string): StoredEvent | undefined {
    return this.#byId.get(eventId)
  }

  /** Adds events. Up to 64 are placed one by one, by halving, nearly always at the end; more are sorted in one go. */
  add(events: readonly StoredEvent[]): void {
    const placeOneByOne = events.length <= 64
    for (const stored of events) {
      this.#byId.set(stored.event.event_id, stored)
      if (placeOneByOne) this.#place(stored)
      else this.#ascending.push(stored)
    }
    if (!placeOneByOne) this.#ascending.sort(compareStored)
  }

  #place(stored: StoredEvent): void {
    const last = this.#ascending.at(-1)
    if (!last || compareStored(last, stored) <= 0) {
      this.#ascending.push(stored)
      return
    }
    const index = firstIndex(this.#ascending, (other) => compareStored(other, stored) > 0)
    this.#ascending.splice(index, 0, stored)
  }
}

/** The index of the first event at or after the instant, or the number of events if there is none. */
export function firstAtOrAfter(ascending: readonly StoredEvent[], instant: Micros): number {
  return firstIndex(ascending, (stored) => stored.createdAtMicros >= instant)
}

/** The first index for which `holds` is true. `holds` must be false for a first part of the events and true for the rest. */
function firstIndex(ascending: readonly StoredEvent[], holds: (stored: StoredEvent) => boolean): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(ascending[middle] as StoredEvent)) high = middle
    else low = middle + 1
  }
  return low
}

function compareStored(a: StoredEvent, b: StoredEvent): number {
  if (a.createdAtMicros !== b.createdAtMicros) return a.createdAtMicros - b.createdAtMicros
  if (a.event.event_id === b.event.event_id) return 0
  return a.event.event_id < b.event.event_id ? -1 : 1
}
