import type { StoredArrival } from '../store/events/stored-arrival.ts'
import { serverSentComment, serverSentEvent } from '../http/server-sent-events.ts'
import { formatInstant, type Micros } from '../domain/instant.ts'
import { sleep } from '../runtime/sleep.ts'
import { untilAborted } from '../runtime/until-aborted.ts'
import type { FurthestRange } from '../store/coverage/read-furthest-range.ts'
import { type ArrivalCursor, encodeArrivalCursor } from '../store/events/arrival-cursor.ts'
import { type EventSelection, selectionOf } from '../store/events/event-selection.ts'
import { type ArrivalPage, type ArrivalQuery, LostArrivalCursorError } from '../store/events/read-arrivals.ts'
import { type Feed, type FeedEvent, messageOf as plainMessage } from './feed.ts'

/** Where a listener begins. A text that is no cursor is `lost`, like a cursor of another server. */
export type FeedPlace =
  | { kind: 'now' }
  | { kind: 'after'; cursor: ArrivalCursor }
  | { kind: 'since'; createdAfter: Micros }
  | { kind: 'lost' }

/** How a listener that is behind reads for itself. */
export interface OwnReads {
  readStart: (createdAfter: Micros) => Promise<ArrivalCursor>
  readPage: (query: Omit<ArrivalQuery, 'workspaceId'>) => Promise<ArrivalPage<StoredArrival>>
  /** Whether a read that failed may succeed in a moment. */
  isPassing: (error: unknown) => boolean
}

export interface FollowOptions {
  feed: Feed
  place: FeedPlace
  selection: EventSelection
  /** How an event is sent; null: as the feed has it. */
  messageOf: ((event: StoredArrival) => string) | null
  own: OwnReads
  signal: AbortSignal
  monotonicMs: () => number
}

/** Our own limit on silence is 30 s, and proxies' often 60 s. */
export const HEARTBEAT_MS = 10_000
/** What a listener takes at once. It waits in memory until the listener has read what was sent before (I12). */
export const CHUNK_BYTES = 256 * 1024
const OWN_PAGE = { limit: 200, maxBytes: CHUNK_BYTES }
const PAUSE_AFTER_FAILURE_MS = 1_000
/** How long a browser waits before it comes back; its own default is three seconds or more. */
const RETRY_MS = 1_000

const LOST =
  'The place to go on from belongs to another database, or to commits that the database has lost. Events between it and this place are not in the stream: read them with /v1/events/list'

/**
 * What one listener is sent: the selected events after its place, each once, in the order of arrival, and what is said beside them. Its place
 * is all that is kept of it, so it may read as slowly as it likes; when it falls behind what the feed keeps, it reads for itself.
 */
export async function* followFeed(options: FollowOptions): AsyncGenerator<string> {
  const { feed, signal, monotonicMs } = options
  const listener = new Listener(options)
  yield serverSentComment('seam-mirror', { retryMs: RETRY_MS })
  let sentAtMs = monotonicMs()
  while (!signal.aborted) {
    const { text, hasMore } = await listener.next()
    const quietMs = monotonicMs() - sentAtMs
    if (text !== '') yield text
    else if (quietMs >= HEARTBEAT_MS) yield listener.heartbeat()
    else {
      if (!hasMore) await feed.change(HEARTBEAT_MS - quietMs, signal)
      continue
    }
    sentAtMs = monotonicMs()
  }
  yield listener.bye(String(signal.reason))
}

interface Next {
  text: string
  /** Whether there is no need to wait before the next step. */
  hasMore: boolean
}

const NOTHING: Next = { text: '', hasMore: false }

class Listener {
  readonly #options: FollowOptions
  readonly #selects: (event: FeedEvent) => boolean
  /** Null until a listener that begins in the past has found its place. */
  #place: ArrivalCursor | null
  #isLost: boolean
  #generation: number
  /** Where the listener would come back to: it has been sent this place's id. */
  #sentPlace: ArrivalCursor | null = null
  #sentCoverage: FurthestRange | null | undefined

  constructor(options: FollowOptions) {
    const { feed, place, selection } = options
    this.#options = options
    this.#selects = selectionOf(selection)
    this.#generation = feed.generation
    this.#isLost = place.kind === 'lost'
    this.#place = place.kind === 'now' ? feed.end : place.kind === 'after' ? place.cursor : null
  }

  async next(): Promise<Next> {
    const { feed } = this.#options
    if (feed.broken !== null) throw feed.broken
    if (this.#isLost || feed.generation !== this.#generation) return this.#reset()
    const kept = this.#place === null ? null : feed.after(this.#place)
    if (kept === null) return this.#readForItself()
    const text = this.#take(kept)
    return text === '' ? this.#tellCoverage() : { text, hasMore: true }
  }

  heartbeat(): string {
    return serverSentComment('still here', this.#newId())
  }

  bye(reason: string): string {
    return serverSentEvent({ ...this.#newId(), event: 'bye', data: JSON.stringify({ reason }) })
  }

  #take(kept: readonly FeedEvent[]): string {
    const { messageOf } = this.#options
    let text = ''
    for (const event of kept) {
      this.#place = event.cursor
      if (!this.#selects(event)) continue
      this.#sentPlace = event.cursor
      text += messageOf === null ? event.message : messageOf(event)
      if (text.length >= CHUNK_BYTES) break
    }
    return text
  }

  /** Only where all events that came before coverage was read have been sent. */
  #tellCoverage(): Next {
    const { coverage } = this.#options.feed
    if (coverage === undefined || coverage === this.#sentCoverage) return NOTHING
    this.#sentCoverage = coverage
    const data = JSON.stringify({
      from: coverage && formatInstant(coverage.from),
      until: coverage && formatInstant(coverage.until),
    })
    return { text: serverSentEvent({ ...this.#newId(), event: 'coverage', data }), hasMore: false }
  }

  #reset(): Next {
    const { feed } = this.#options
    this.#isLost = false
    this.#generation = feed.generation
    this.#place = feed.end
    const data = JSON.stringify({ reason: LOST })
    return { text: serverSentEvent({ ...this.#newId(), event: 'reset', data }), hasMore: true }
  }

  /** The id of the place, unless it was sent already: who comes back need not be passed by the same events again. */
  #newId(): { id?: string } {
    if (this.#place === null || this.#place === this.#sentPlace) return {}
    this.#sentPlace = this.#place
    return { id: encodeArrivalCursor(this.#place) }
  }

  async #readForItself(): Promise<Next> {
    const { own, place, selection, messageOf, signal } = this.#options
    try {
      if (this.#place === null && place.kind === 'since')
        this.#place = (await untilAborted(own.readStart(place.createdAfter), signal)) ?? null
      const after = this.#place
      if (after === null) return NOTHING
      const page = await untilAborted(own.readPage({ after, selection, ...OWN_PAGE }), signal)
      if (page === undefined) return NOTHING
      this.#place = page.cursor
      this.#sentPlace = page.events.at(-1)?.cursor ?? this.#sentPlace
      return { text: page.events.map(messageOf ?? plainMessage).join(''), hasMore: page.hasMore }
    } catch (error) {
      if (error instanceof LostArrivalCursorError) return this.#reset()
      if (!own.isPassing(error)) throw error
      await sleep(PAUSE_AFTER_FAILURE_MS, signal)
      return { text: '', hasMore: true }
    }
  }
}
