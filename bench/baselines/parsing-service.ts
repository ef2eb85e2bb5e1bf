import type { EventQuery } from '../../src/store/events/event-query.ts'
import { instant, integer, required } from '../../src/http/param-kinds.ts'
import { defineParams } from '../../src/http/read-params.ts'
import { textRoute } from '../../src/http/route.ts'
import { windowBetween } from '../../src/domain/completeness.ts'
import { listProvenEvents } from '../../src/store/events/list-proven-events.ts'
import { openAccess, openPool, startService } from '../service-parts.ts'

/*
 * `/events/list` as it is usually written: the same HTTP stack, the same authentication and the same query, but each stored event
 * is parsed and printed again. It reads only `since` and `limit` and knows no cursor and no turns, which makes it faster.
 */

const POOL_CONNECTIONS = 10

const db = openPool(process.env.DATABASE_URL ?? '', POOL_CONNECTIONS)

const listRoute = textRoute({
  path: '/events/list',
  methods: ['POST'],
  summary: 'events, parsed and printed again',
  takes: { key: 'events:read' },
  provesCaller: true,
  params: defineParams({ since: required(instant()), limit: required(integer({ min: 1 })) }),
  answer: async ({ since, limit }, { caller, proof }) => {
    const query: EventQuery = {
      workspaceId: caller.workspaceId,
      visibility: { kind: 'all' },
      after: since,
      filters: [],
      limit: limit + 1,
      offset: 0,
    }
    const window = windowBetween(since, undefined)
    const { events, proven } = await listProvenEvents(db, query, { maxBytes: Infinity, proof, window })
    const hasNextPage = events.length > limit
    const text = JSON.stringify({
      events: events.slice(0, limit).map(({ body }) => JSON.parse(body) as unknown),
      pagination: { has_next_page: hasNextPage, next_page_cursor: null, next_page_url: null },
      ok: true,
    })
    return { text, proven }
  },
})

await startService([listRoute], await openAccess(db))
