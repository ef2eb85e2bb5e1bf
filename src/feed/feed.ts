import type { SelectableArrival, StoredArrival } from '../store/events/stored-arrival.ts'
import { serverSentEvent } from '../http/server-sent-events.ts'
import type { FurthestRange } from '../store/coverage/read-furthest-range.ts'
import { type ArrivalCursor, compareArrivals, encodeArrivalCursor } from '../store/events/arrival-cursor.ts'

/** An event as it is sent to everybody who may not see its secrets. */
export interface FeedEvent extends SelectableArrival {
  message: string
}

/** Limits on what is kept of a workspace's newest arrivals; a listener that is further behind reads for itself (I12). */
export const MAX_FEED_EVENTS = 2_000
export const MAX_FEED_BYTES = 4 * 1024 * 1024

export function messageOf({ cursor, body }: StoredArrival): string {
  return serverSentEvent({ id: encodeArrivalCursor(cursor), data: body })
}

/**
 * The newest arrivals of one workspace, which all its listeners share. Each listener has its own place in the order and takes what comes
 * after it, so a slow one makes nobody wait and nothing grow.
 */
export class Feed {
  /** Counts how often the order was lost, after which listeners must be told (`event: reset`). */
  generation = 0
  /** What is proven complete, all events of which stand before `end`; undefined while that is not known yet. */
  coverage: FurthestRange | null | undefined
  #broken: Error | null = null
  #events: readonly FeedEvent[] = []
  #bytes = 0
  /** The place before the first event that is kept, and after the last one. */
  #start: ArrivalCursor
  #end: ArrivalCursor
  readonly #waiting = new Set<() => void>()

  constructor(start: ArrivalCursor) {
    this.#start = start
    this.#end = start
  }

  get end(): ArrivalCursor {
    return this.#end
  }

  /** Why nothing can be read until somebody has mended the database; null while something can. */
  get broken(): Error | null {
    return this.#broken
  }

  break(error: Error): void {
    this.#broken = error
    this.#wakeAll()
  }

  mend(): void {
    this.#broken = null
  }

  /** Adds what arrived after `end`, and wakes who waits for it. */
  add(arrivals: readonly SelectableArrival[]): void {
    const last = arrivals.at(-1)
    if (last === undefined) return
    const added = arrivals.map((arrival) => ({ ...arrival, message: messageOf(arrival) }))
    for (const { message } of added) this.#bytes += message.length
    this.#events = [...this.#events, ...added]
    this.#end = last.cursor
    this.#forgetOldest()
    this.#wakeAll()
  }

  /** Notes what is proven, once all its events were added. */
  cover(range: FurthestRange | null): void {
    const known = this.coverage
    if (known !== undefined && known?.from === range?.from && known?.until === range?.until) return
    this.coverage = range
    this.#wakeAll()
  }

  /** Begins anew at another place: what was kept does not lead there, and what was proven may be lost with it. */
  restart(start: ArrivalCursor): void {
    this.generation += 1
    this.coverage = undefined
    this.#events = []
    this.#bytes = 0
    this.#start = start
    this.#end = start
    this.#wakeAll()
  }

  /** What came after a place; null when that is no longer, or not yet, kept. */
  after(place: ArrivalCursor): readonly FeedEvent[] | null {
    if (place.server !== this.#end.server) return null
    if (compareArrivals(place, this.#start) < 0 || compareArrivals(place, this.#end) > 0) return null
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      const event = this.#events[middle]
      if (event !== undefined && compareArrivals(event.cursor, place) <= 0) low = middle + 1
      else high = middle
    }
    return low === 0 ? this.#events : this.#events.slice(low)
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake()
  }

  /** Waits until something happens, the time is over or the signal fires; never rejects. */
  change(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done)
      this.#waiting.add(done)
    })
  }

  #forgetOldest(): void {
    let forgotten = 0
    while (this.#events.length - forgotten > MAX_FEED_EVENTS || this.#bytes > MAX_FEED_BYTES) {
      const event = this.#events[forgotten]
      if (event === undefined) break
      this.#bytes -= event.message.length
      this.#start = event.cursor
      forgotten += 1
    }
    if (forgotten > 0) this.#events = this.#events.slice(forgotten)
  }
}
