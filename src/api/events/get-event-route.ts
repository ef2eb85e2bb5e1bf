import type { EventFilter } from '../../store/events/event-query.ts'
import { ApiError } from '../../http/api-error.ts'
import { about, text, uuid } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import { getEvent } from '../../store/events/get-event.ts'
import type { EventRouteOptions } from './event-route-options.ts'
import { eventTextFor, seesSecrets } from './event-text.ts'
import { EVENT_READERS, eventVisibility } from './event-visibility.ts'

const PARAMS = defineParams(
  {
    event_id: about('This event', uuid()),
    event_type: about('The newest event of this type', text()),
    device_id: about('The newest event of this device', uuid()),
  },
  {
    problemOf: (params) =>
      Object.values(params).every((value) => value === undefined)
        ? 'An argument for event_id, event_type, or device_id is required'
        : null,
  },
)

/**
 * `/events/get` (contract, 7): the newest event that matches everything given. Seam does not say which one wins; the newest
 * tells a device's present state.
 */
export function getEventRoute({ db, secrets }: EventRouteOptions): TextRoute {
  return textRoute({
    path: '/events/get',
    methods: ['GET', 'POST'],
    summary:
      "Seam's contract: the newest event that matches `event_id`, `event_type` and `device_id`, of which one must be given",
    takes: EVENT_READERS,
    params: PARAMS,
    answer: async (params, { caller }) => {
      const filters = Object.entries(params).flatMap(([column, value]): EventFilter[] =>
        value === undefined ? [] : [{ column, values: [value] }],
      )
      const event = await getEvent(db, {
        workspaceId: caller.workspaceId,
        visibility: eventVisibility(caller),
        filters,
        withSecrets: seesSecrets(caller, secrets),
      })
      if (event === null) throw new ApiError(404, 'event_not_found', 'Event not found')
      return { text: `{"event":${eventTextFor(caller, secrets)(event)},"ok":true}` }
    },
  })
}
