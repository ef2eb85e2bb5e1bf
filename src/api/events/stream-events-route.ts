import { type FeedPlace, followFeed } from '../../feed/follow-feed.ts'
import type { Feeds } from '../../feed/start-feeds.ts'
import { inputError } from '../../http/input-error.ts'
import { about, instant, text } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type StreamRoute, streamRoute } from '../../http/route.ts'
import { EVENT_STREAM, serverSentEvent } from '../../http/server-sent-events.ts'
import { serviceUnavailable, type TranslateError } from '../../http/to-api-error.ts'
import { ApiError } from '../../http/api-error.ts'
import { decodeArrivalCursor, encodeArrivalCursor } from '../../store/events/arrival-cursor.ts'
import { readArrivalStartSince } from '../../store/events/read-arrival-start.ts'
import { ForeignArrivalsError, readArrivals } from '../../store/events/read-arrivals.ts'
import { eventFilters, FILTER_PARAM_KINDS } from './event-filter-params.ts'
import type { EventRouteOptions } from './event-route-options.ts'
import { eventTextFor, seesSecrets } from './event-text.ts'
import { EVENT_READERS, eventVisibility } from './event-visibility.ts'

export interface StreamEventsOptions extends Pick<EventRouteOptions, 'db' | 'secrets'> {
  feeds: Feeds
  translateError: TranslateError
  monotonicMs: () => number
}

const PARAMS = defineParams(
  {
    ...FILTER_PARAM_KINDS,
    after: about(
      'The id of the last event that was seen: begins after it. The header Last-Event-ID, which browsers send by themselves, wins over it',
      text(),
    ),
    since: about(
      'Only events created after this time, those that have arrived already first; without it and without after, what arrives from now on',
      instant(),
    ),
  },
  { unknown: 'refused' },
)

type StreamParams = ReturnType<typeof PARAMS.read>['values']

/**
 * `/v1/events/stream`: the workspace's events as server-sent events, in the order of arrival (feed/follow-feed.ts). Each has its place in
 * that order as its id, from which a listener goes on without a gap or a repeat, on this replica or another one.
 */
export function streamEventsRoute(options: StreamEventsOptions): StreamRoute {
  const { db, secrets, feeds, translateError, monotonicMs } = options
  return streamRoute({
    path: '/v1/events/stream',
    methods: ['GET', 'POST'],
    summary:
      'events as they arrive, as server-sent events, with all filters of `/events/list`: from now on, `since` a time, or `after` the last one that was seen; see below',
    takes: EVENT_READERS,
    params: PARAMS,
    answer: async (params, { caller, lastEventId, signal, inTurn }) => {
      const place = placeOf(params, lastEventId)
      const { workspaceId } = caller
      const feed = await feeds.join(workspaceId, signal).catch((error: unknown) => {
        throw error instanceof ForeignArrivalsError ? unordered(error) : error
      })
      const textOf = eventTextFor(caller, secrets)
      const chunks = followFeed({
        feed,
        place,
        selection: {
          visibility: eventVisibility(caller),
          filters: eventFilters(params),
          createdAfter: params.since,
        },
        messageOf: seesSecrets(caller, secrets)
          ? (event) => serverSentEvent({ id: encodeArrivalCursor(event.cursor), data: textOf(event) })
          : null,
        own: {
          readStart: (createdAfter) => inTurn(() => readArrivalStartSince(db, workspaceId, createdAfter)),
          readPage: (query) => inTurn(() => readArrivals(db, { workspaceId, ...query })),
          isPassing: (error) => error instanceof ApiError || translateError(error) !== null,
        },
        signal,
        monotonicMs,
      })
      // Nginx would collect what it is sent.
      return { contentType: EVENT_STREAM, headers: { 'x-accel-buffering': 'no' }, chunks }
    },
  })
}

/** An id in the header that is no cursor is answered in the stream: a browser gives up for good after an error. */
function placeOf({ after, since }: StreamParams, lastEventId: string | null): FeedPlace {
  if (lastEventId !== null) {
    const cursor = decodeArrivalCursor(lastEventId)
    return cursor === null ? { kind: 'lost' } : { kind: 'after', cursor }
  }
  if (after !== undefined) {
    const cursor = decodeArrivalCursor(after)
    if (cursor === null)
      throw inputError([{ path: ['after'], message: 'Must be the id of an event of this stream' }])
    return { kind: 'after', cursor }
  }
  return since === undefined ? { kind: 'now' } : { kind: 'since', createdAfter: since }
}

function unordered(cause: Error): ApiError {
  return serviceUnavailable(
    "The order of arrival is not known since the database was restored: the service's log says what to run",
    cause,
  )
}
