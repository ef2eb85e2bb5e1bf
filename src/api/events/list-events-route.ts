import type { Caller } from '../../domain/caller.ts'
import { type PagePosition, pageJson } from '../../http/page-cursor.ts'
import { about, instant, instantPair, integer, nullable, text } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import { type EventQuery, listEvents, type ListedEvents } from '../../store/events/list-events.ts'
import { positionOf } from '../../store/events/position-of.ts'
import { readEventPosition } from '../../store/events/read-event-position.ts'
import { eventFilters, FILTER_PARAM_KINDS } from './event-filter-params.ts'
import type { EventRouteOptions } from './event-route-options.ts'
import { eventTextFor, seesSecrets } from './event-text.ts'
import { EVENT_READERS, eventVisibility } from './event-visibility.ts'

/** How many events an answer has when the caller sets no limit (contract, 6.1). */
export const DEFAULT_LIMIT = 500
/** Most events in one answer. A larger `limit` is no error but gives a shorter page, as the contract allows (6.3). */
export const MAX_LIMIT = 1000
/**
 * Limit on a page's events together, before secrets are put back; one event alone may have more. A longer page ends sooner, with a cursor
 * that goes on. A thousand ordinary events have 1 MB. Eight callers that read such pages at a time took 360 MB; with 16 MiB they took 490.
 */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024
/** Largest `unstable_offset`: Postgres reads everything that it skips. Deeper readers move `between` instead. */
export const MAX_UNSTABLE_OFFSET = 100_000

const TIME_AND_PAGE_KINDS = {
  since: about('Only events created after this time', instant()),
  between: about('Only events created between these two times, at neither of them', instantPair()),
  limit: about(
    `Most events in the answer: ${DEFAULT_LIMIT} unless given, never more than ${MAX_LIMIT}`,
    integer({ min: 1, cap: MAX_LIMIT }),
  ),
  unstable_offset: about(
    'How many events to leave out, the newest first. It shifts while events arrive',
    integer({ min: 0, max: MAX_UNSTABLE_OFFSET }),
  ),
  page_cursor: about('Where the page before ended; null for the first page', nullable(text())),
}

const PARAMS = defineParams(
  { ...FILTER_PARAM_KINDS, ...TIME_AND_PAGE_KINDS },
  {
    problemOf: ({ since, between, unstable_offset: offset, page_cursor: cursor }) => {
      if (since === undefined && between === undefined) return 'Must specify either since or between'
      if (since !== undefined && between !== undefined) return 'Cannot specify both since and between'
      // The old SDK's paginator sends null to ask for its first page.
      if (offset !== undefined && typeof cursor === 'string')
        return 'Cannot specify both page_cursor and unstable_offset'
      return null
    },
  },
)

type ListParams = ReturnType<typeof PARAMS.read>['values']

/**
 * `/events/list` (contract, 6): the events of the caller's workspace, newest first, bounds exclusive at both ends. `page_cursor` and
 * `pagination`, which Seam lacks here, have the form of its other lists (contract, 11). A cursor names the last event of its page, so
 * events that arrive meanwhile move nothing.
 */
export function listEventsRoute(options: EventRouteOptions): TextRoute {
  return textRoute({
    path: '/events/list',
    methods: ['GET', 'POST'],
    summary: `Seam's contract: \`since\` or \`between\` (exclusive), all id filters, \`event_type(s)\`, \`limit\` (default ${DEFAULT_LIMIT}, at most ${MAX_LIMIT.toLocaleString('en')}), \`unstable_offset\` (at most ${MAX_UNSTABLE_OFFSET.toLocaleString('en')}); newest first`,
    takes: EVENT_READERS,
    provesCaller: true,
    params: PARAMS,
    answer: async (params, { caller, proof }) => {
      const page = pageFor(options, params, caller)
      const listed = await listEvents(options.db, page.query, MAX_PAGE_BYTES, proof)
      return { text: await page.print(listed), proven: listed.proven }
    },
  })
}

/** Decides what to read for a caller and how to answer with it. */
function pageFor(
  { db, secrets, pageCursors }: EventRouteOptions,
  { limit = DEFAULT_LIMIT, page_cursor: cursor, unstable_offset: offset = 0, ...list }: ListParams,
  caller: Caller,
): { query: EventQuery; print: (listed: ListedEvents) => Promise<readonly string[]> } {
  const visibility = eventVisibility(caller)
  const after = list.since ?? list.between?.[0]
  const before = list.between?.[1]
  const filters = eventFilters(list)
  const { workspaceId } = caller
  const session = caller.kind === 'key' ? null : caller.clientSessionId
  const paged = ['/events/list', workspaceId, session, `${after}`, `${before}`, filters] as const
  const query: EventQuery = {
    workspaceId,
    visibility,
    after,
    before,
    filters,
    following: cursor ? followingOf(pageCursors.decode(paged, cursor)) : undefined,
    // One more than asked for shows whether there is a next page.
    limit: limit + 1,
    offset,
    withSecrets: seesSecrets(caller, secrets),
  }
  return {
    query,
    print: async ({ events, isCut }) => {
      const page = events.slice(0, limit)
      const last = page.at(-1)
      const hasMore = (isCut || events.length > limit) && last !== undefined
      // Read from the text: selecting the columns as well took a microsecond for each row of every page.
      const next = hasMore
        ? (positionOf(last.body) ?? (await readEventPosition(db, query, page.length - 1)))
        : null
      const nextCursor = next && pageCursors.encode(paged, [`${next.createdAt}`, next.eventId])
      return pageJson('events', page.map(eventTextFor(caller, secrets)), nextCursor)
    },
  }
}

function followingOf([createdAt, eventId]: PagePosition): { createdAt: bigint; eventId: string } {
  return { createdAt: BigInt(createdAt), eventId }
}
