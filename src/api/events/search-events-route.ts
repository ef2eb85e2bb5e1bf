import type { EventFilter } from '../../store/events/event-query.ts'
import type { Caller } from '../../domain/caller.ts'
import { type Completeness, windowBetween } from '../../domain/completeness.ts'
import { inputError } from '../../http/input-error.ts'
import { paginationJson } from '../../http/page-cursor.ts'
import {
  about,
  instant,
  instantPair,
  integer,
  nullable,
  oneOf,
  someOf,
  text,
} from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import { readCompleteness } from '../../store/coverage/read-completeness.ts'
import type { Db } from '../../store/database.ts'
import type { EventOrder } from '../../store/events/event-order-sql.ts'
import { listFamilyTypes } from '../../store/events/list-family-types.ts'
import { completenessHeaders } from '../completeness-headers.ts'
import { completenessJson } from '../completeness.ts'
import { namesIn } from '../names/names-in.ts'
import { eventFilters, FILTER_PARAM_KINDS, MAX_FILTER_VALUES } from './event-filter-params.ts'
import type { EventRouteOptions } from './event-route-options.ts'
import { EVENT_READERS } from './event-visibility.ts'
import { DEFAULT_LIMIT, MAX_LIMIT } from './list-limits.ts'
import { readEventPage } from './read-event-page.ts'
import { readSearchTerms } from './search-terms.ts'

const PARAMS = defineParams(
  {
    ...FILTER_PARAM_KINDS,
    since: about('Only events created after this time', instant()),
    between: about('Only events created between these two times, at neither of them', instantPair()),
    q: about(
      'Only events with this id, whichever it is, or about something whose name contains this',
      text(),
    ),
    event_family: about('Only events of types that begin with this and a dot, such as lock', text()),
    order: about('The newest first (desc, the default) or the oldest (asc)', oneOf('desc', 'asc')),
    order_by: about(
      'The time that the order goes by. Default: created_at. Events without an occurred_at stand where they were created',
      oneOf('created_at', 'occurred_at'),
    ),
    include: about('With names: the names of all ids in the answer', someOf('names')),
    limit: about(
      `Most events in the answer: ${DEFAULT_LIMIT} unless given, never more than ${MAX_LIMIT}`,
      integer({ min: 1, cap: MAX_LIMIT }),
    ),
    page_cursor: about('Where the page before ended; null for the first page', nullable(text())),
  },
  {
    problemOf: ({ since, between }) =>
      since !== undefined && between !== undefined ? 'Cannot specify both since and between' : null,
    unknown: 'refused',
  },
)

const PATH = '/v1/events/list'

/** `/v1/events/list`: the events of `/events/list`, with search, both orders, names, and what is proven. Without a time it lists all of them. */
export function searchEventsRoute(options: EventRouteOptions): TextRoute {
  const { db } = options
  return textRoute({
    path: PATH,
    methods: ['GET', 'POST'],
    summary:
      'events as in `/events/list`, with `q` (an id or a part of a name), `event_family`, `order`, `order_by` and `include=names`: see below',
    takes: EVENT_READERS,
    params: PARAMS,
    answer: async ({ limit = DEFAULT_LIMIT, page_cursor: cursor, include, ...params }, { caller }) => {
      const { since: after = params.between?.[0], q, event_family: family } = params
      const before = params.between?.[1]
      const order: EventOrder = { by: params.order_by ?? 'created_at', direction: params.order ?? 'desc' }
      const given = eventFilters(params)
      const found = family === undefined ? null : await readFamily(db, caller, family, after, before)
      const { items, nextCursor, completeness } = await readEventPage(
        options,
        PATH,
        {
          asked: [given, q, family, order],
          claim: found?.claim,
          after,
          before,
          filters: found === null ? given : [...given, found.filter],
          anyOf: q === undefined ? undefined : await readSearchTerms(db, caller, q),
          order,
          limit,
          offset: 0,
          cursor,
        },
        { caller, proof: null },
      )
      const names = include === undefined ? '' : `"names":${await namesIn(db, caller, items)},`
      const rest = `"pagination":${paginationJson(nextCursor)},"completeness":${completenessJson(completeness)},"ok":true}`
      const separated = items.flatMap((item, i) => (i === 0 ? [item] : [',', item]))
      return {
        text: ['{"events":[', ...separated, `],${names}${rest}`],
        headers: completenessHeaders(completeness),
      }
    },
  })
}

/** The types of a family, and what was proven before they were read: the first event of a further type may come right after (I15). */
async function readFamily(
  db: Db,
  { workspaceId }: Caller,
  family: string,
  after: bigint | undefined,
  before: bigint | undefined,
): Promise<{ filter: EventFilter; claim: Completeness }> {
  const claim = await readCompleteness(db, workspaceId, windowBetween(after, before))
  const types = await listFamilyTypes(db, workspaceId, family, MAX_FILTER_VALUES + 1)
  if (types.length > MAX_FILTER_VALUES)
    throw inputError([
      { path: ['event_family'], message: `It has more than ${MAX_FILTER_VALUES} event types` },
    ])
  return { filter: { column: 'event_type', values: types }, claim }
}
