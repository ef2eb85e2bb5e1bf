import express, { type Request, type Response } from 'express'
import { createBodyReader } from '../../src/http/create-body-reader.ts'
import { readInput } from '../../src/http/read-input.ts'
import { type EventQuery, listEvents, listEventsWithProof } from '../../src/store/events/list-events.ts'
import { openAuthentication, openPool, startService } from '../service-parts.ts'

/*
 * `/events/list` as it is usually written: the same HTTP stack, the same authentication and the same query, but each stored event
 * is parsed and printed again. It reads only `since` and `limit` and knows no cursor and no ETag, which makes it faster.
 */

const POOL_CONNECTIONS = 10

const db = openPool(process.env.DATABASE_URL ?? '', POOL_CONNECTIONS)
const { authenticate, recall } = await openAuthentication(db)
const readBody = createBodyReader()
const router = express.Router().post('/events/list', (request, response) => list(request, response))
await startService({ routers: [router] })

async function list(request: Request, response: Response): Promise<void> {
  const recent = recall(request)
  const caller = recent?.caller ?? (await authenticate(request))
  if (caller === null) throw new Error('The load generator has no valid key.')
  const { since, limit } = (await readInput(request, readBody)).body as { since: string; limit: number }
  const query: EventQuery = {
    workspaceId: caller.workspaceId,
    visibility: { kind: 'all' },
    after: BigInt(Date.parse(since)) * 1000n,
    filters: [],
    limit: limit + 1,
    offset: 0,
  }
  const found = recent && (await listEventsWithProof(db, query, recent.proof, Infinity))
  const { events } = found?.proven === 'yes' ? found : await listEvents(db, query, Infinity)
  const hasNextPage = events.length > limit
  response.json({
    events: events.slice(0, limit).map(({ body }) => JSON.parse(body) as unknown),
    pagination: { has_next_page: hasNextPage, next_page_cursor: null, next_page_url: null },
    ok: true,
  })
}
