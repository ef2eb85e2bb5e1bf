import type { Router } from 'express'
import { apiRoute } from '../http/api-route.ts'
import type { Authenticate } from '../http/authenticate.ts'
import { instant, instantPair, integer } from '../http/param-kinds.ts'
import { defineParams } from '../http/read-params.ts'
import { listEvents } from '../store/list-events.ts'
import type { Db } from '../store/open-database.ts'
import { eventFilters, FILTER_PARAM_KINDS } from './event-filter-params.ts'

/** Events in an answer when the caller does not say (contract, 6.1). */
export const DEFAULT_LIMIT = 500
/** Most events in one answer. A larger `limit` counts as this one, as the contract allows (6.3): no error, a shorter page. */
export const MAX_LIMIT = 1000
/** Largest `unstable_offset`: Postgres reads all it skips. Whoever needs to go deeper moves `between` instead. */
export const MAX_UNSTABLE_OFFSET = 100_000

const TIME_AND_PAGE_KINDS = {
  since: instant(),
  between: instantPair(),
  limit: integer({ min: 1, cap: MAX_LIMIT }),
  unstable_offset: integer({ min: 0, max: MAX_UNSTABLE_OFFSET }),
}

const readTimeAndFilters = defineParams(
  { ...FILTER_PARAM_KINDS, ...TIME_AND_PAGE_KINDS },
  ({ since, between }) => {
    if (since === undefined && between === undefined) return 'Must specify either since or between'
    if (since !== undefined && between !== undefined) return 'Cannot specify both since and between'
    return null
  },
)

/** `/events/list` (contract, 6): the caller's workspace's events, newest first, bounds exclusive at both ends. */
export function listEventsRoute({ db, authenticate }: { db: Db; authenticate: Authenticate }): Router {
  return apiRoute({
    path: '/events/list',
    methods: ['GET', 'POST'],
    authenticate,
    readParams: readTimeAndFilters,
    answer: async (params, { workspaceId }) => {
      const { since, between, limit, unstable_offset: offset } = params
      const bodies = await listEvents(db, {
        workspaceId,
        after: since ?? between?.[0],
        before: between?.[1],
        filters: eventFilters(params),
        limit: limit ?? DEFAULT_LIMIT,
        offset: offset ?? 0,
      })
      return `{"events":[${bodies.join(',')}],"ok":true}`
    },
  })
}
