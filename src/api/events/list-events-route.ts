import { pageJson } from '../../http/page-cursor.ts'
import { about, instant, instantPair, integer, nullable, text } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import { completenessHeaders } from '../completeness-headers.ts'
import { eventFilters, FILTER_PARAM_KINDS } from './event-filter-params.ts'
import type { EventRouteOptions } from './event-route-options.ts'
import { EVENT_READERS } from './event-visibility.ts'
import { DEFAULT_LIMIT, MAX_LIMIT, MAX_UNSTABLE_OFFSET } from './list-limits.ts'
import { readEventPage } from './read-event-page.ts'

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

const PATH = '/events/list'

/**
 * `/events/list` (contract, 6): the events of the caller's workspace, newest first, bounds exclusive at both ends. `page_cursor` and
 * `pagination`, which Seam lacks here, have the form of its other lists (contract, 11). Headers say how
 * complete the copy is (I15).
 */
export function listEventsRoute(options: EventRouteOptions): TextRoute {
  return textRoute({
    path: PATH,
    methods: ['GET', 'POST'],
    summary: `Seam's contract: \`since\` or \`between\` (exclusive), all id filters, \`event_type(s)\`, \`limit\` (default ${DEFAULT_LIMIT}, at most ${MAX_LIMIT.toLocaleString('en')}), \`unstable_offset\` (at most ${MAX_UNSTABLE_OFFSET.toLocaleString('en')}); newest first`,
    takes: EVENT_READERS,
    provesCaller: true,
    params: PARAMS,
    answer: async (
      { limit = DEFAULT_LIMIT, unstable_offset: offset = 0, page_cursor: cursor, ...list },
      call,
    ) => {
      const { since: after = list.between?.[0] } = list
      const before = list.between?.[1]
      const filters = eventFilters(list)
      const wanted = { asked: filters, after, before, filters, limit, offset, cursor }
      const { items, nextCursor, completeness, proven } = await readEventPage(options, PATH, wanted, call)
      return {
        text: pageJson('events', items, nextCursor),
        headers: completenessHeaders(completeness),
        proven,
      }
    },
  })
}
