import type { EventFilter, EventQuery } from '../../store/events/event-query.ts'
import type { Caller, CallerProof } from '../../domain/caller.ts'
import {
  type Completeness,
  packCompleteness,
  stillProven,
  unpackCompleteness,
  windowBetween,
} from '../../domain/completeness.ts'
import type { Micros } from '../../domain/instant.ts'
import type { PagePosition } from '../../http/page-cursor.ts'
import type { Proven } from '../../http/route.ts'
import { type EventOrder, NEWEST_FIRST } from '../../store/events/event-order-sql.ts'
import { listProvenEvents, type ProvenEvents } from '../../store/events/list-proven-events.ts'
import { positionOf } from '../../store/events/position-of.ts'
import { readEventPosition } from '../../store/events/read-event-position.ts'
import type { EventRouteOptions } from './event-route-options.ts'
import { eventTextFor, seesSecrets } from './event-text.ts'
import { eventVisibility } from './event-visibility.ts'
import { MAX_PAGE_BYTES } from './list-limits.ts'

export interface WantedPage {
  /** What was asked for, besides the time, in a form that JSON can write. A cursor is of use for the same only. */
  asked: unknown
  /** What may be claimed at most, if something that decides about the page was read before it. */
  claim?: Completeness | undefined
  /** Events created after the first and before the second instant, at neither of them. */
  after: Micros | undefined
  before: Micros | undefined
  filters: readonly EventFilter[]
  /** One of them at least must hold as well. */
  anyOf?: readonly EventFilter[] | undefined
  order?: EventOrder
  limit: number
  offset: number
  cursor: string | null | undefined
}

export interface EventPage {
  /** The events' JSON as the caller may see it. */
  items: string[]
  nextCursor: string | null
  /**
   * Of all pages up to this one together. A page that follows claims no more than the first one did: what has arrived since may belong into
   * a page that the caller has already.
   */
  completeness: Completeness
  proven: Proven
}

/** Reads a page of an endpoint that lists events. A cursor names the last event of its page, so events that arrive meanwhile move nothing. */
export async function readEventPage(
  { db, secrets, pageCursors }: EventRouteOptions,
  endpoint: string,
  { asked, claim, after, before, filters, anyOf, order = NEWEST_FIRST, limit, offset, cursor }: WantedPage,
  { caller, proof }: { caller: Caller; proof: CallerProof | null },
): Promise<EventPage> {
  const { workspaceId } = caller
  const session = caller.kind === 'key' ? null : caller.clientSessionId
  const paged = [endpoint, workspaceId, session, `${after}`, `${before}`, asked] as const
  const following = cursor ? followingOf(pageCursors.decode(paged, cursor)) : undefined
  const query: EventQuery = {
    workspaceId,
    visibility: eventVisibility(caller),
    after,
    before,
    filters,
    anyOf,
    order,
    following,
    // One more than asked for shows whether there is a next page.
    limit: limit + 1,
    offset,
    withSecrets: seesSecrets(caller, secrets),
  }
  const window = windowBetween(after, before)
  const listed = await listProvenEvents(db, query, { maxBytes: MAX_PAGE_BYTES, proof, window })
  const events = listed.events.slice(0, limit)
  const earlier = [claim, following?.claim].filter((each) => each !== undefined)
  const completeness = earlier.reduce((now, first) => stillProven(first, now), listed.completeness)
  const next = hasMore(listed, limit) ? await lastPosition() : null
  return {
    items: events.map(eventTextFor(caller, secrets)),
    nextCursor:
      next && pageCursors.encode(paged, [`${next.orderedAt}`, next.eventId, packCompleteness(completeness)]),
    completeness,
    proven: listed.proven,
  }

  /** Read from the text: selecting the columns as well took a microsecond for each row of every page. */
  async function lastPosition() {
    const last = events.at(-1)
    if (last === undefined) return null
    return positionOf(last.body, order) ?? (await readEventPosition(db, query, events.length - 1))
  }
}

function hasMore({ events, isCut }: ProvenEvents, limit: number): boolean {
  return isCut || events.length > limit
}

function followingOf([orderedAt, eventId, claim = '']: PagePosition) {
  return { orderedAt: BigInt(orderedAt), eventId, claim: unpackCompleteness(claim) }
}
