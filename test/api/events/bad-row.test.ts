import { afterAll, beforeAll, expect, test } from 'vitest'
import { queryTest } from '../../support/query-test.ts'
import { sampleEvent } from '../../support/sample-event.ts'
import { type QueryServer, startQueryServer } from './query-server.ts'

let server: QueryServer
beforeAll(async () => {
  server = await startQueryServer()
})
afterAll(() => server.stop())

interface Page {
  events: { event_id?: string; broken?: string }[]
  pagination: { next_page_cursor: string | null }
}

test.each([1, 2, 3, 7])(
  'E11: a row whose text lost its id and time takes no page of %i with it: each event comes once',
  async (limit) => {
    await queryTest(server.db, 'truncate events')
    const events = Array.from({ length: 7 }, (_, i) => sampleEvent({ created_at: `2026-06-15T16:54:1${i}Z` }))
    await server.store(events)
    const broken = [events[1], events[3], events[6]].map((event) => event?.event_id ?? '')
    await queryTest(
      server.db,
      `update events set body = json_build_object('broken', event_id) where event_id = any($1::uuid[])`,
      [broken],
    )
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const response = await server.post('/events/list', { since: '2026-01-01', limit, page_cursor: cursor })
      expect(response.status).toBe(200)
      const page = (await response.json()) as Page
      seen.push(...page.events.map((event) => event.event_id ?? event.broken ?? ''))
      cursor = page.pagination.next_page_cursor
    } while (cursor !== null && seen.length < 20)
    expect(seen).toEqual(events.map(({ event_id: id }) => id).toReversed())
  },
)
