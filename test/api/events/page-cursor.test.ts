import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from 'kysely'
import { errorOf } from '../../http/serve.ts'
import { sampleEvent } from '../../support/sample-event.ts'
import { type QueryServer, startQueryServer } from './query-server.ts'

interface Page {
  events: { event_id: string; created_at: string }[]
  pagination: { has_next_page: boolean; next_page_cursor: string | null; next_page_url: null }
}

let server: QueryServer

beforeAll(async () => {
  server = await startQueryServer()
})
afterAll(() => server.stop())
beforeEach(() => sql`truncate events`.execute(server.db))

async function list(body: object): Promise<Page> {
  const response = await server.post('/events/list', { since: '2026-01-01', ...body })
  expect(response.status).toBe(200)
  return (await response.json()) as Page
}

/** Follows the cursors to the end; `between` runs between two pages. */
async function follow(body: object, between: () => Promise<void> = async () => {}): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Page = await list({ ...body, page_cursor: cursor })
    ids.push(...page.events.map((event) => event.event_id))
    expect(page.pagination.has_next_page).toBe(page.pagination.next_page_cursor !== null)
    cursor = page.pagination.next_page_cursor
    await between()
  } while (cursor !== null)
  return ids
}

/** A burst: many share an instant, and neighbours are a microsecond apart. */
function burst(count: number): ReturnType<typeof sampleEvent>[] {
  return Array.from({ length: count }, (_, i) =>
    sampleEvent({
      created_at: `2026-06-15T16:54:17.94630${i % 7}Z`,
      event_type: i % 3 === 0 ? 'a.b' : 'c.d',
    }),
  )
}

describe('page_cursor', () => {
  test('pages of any size, put together, are the list, each event once', async () => {
    await server.store(burst(60))
    const whole = (await list({ limit: 1000 })).events.map((event) => event.event_id)
    const some = (await list({ limit: 1000, event_type: 'c.d' })).events.map((event) => event.event_id)
    const holds = fc.asyncProperty(
      fc.integer({ min: 1, max: 70 }),
      fc.boolean(),
      async (limit, isFiltered) => {
        const ids = await follow({ limit, ...(isFiltered && { event_type: 'c.d' }) })
        expect(ids).toEqual(isFiltered ? some : whole)
      },
    )
    expect(await fc.check(holds, { numRuns: 25 })).toMatchObject({ failed: false })
  })

  test('I8: events that arrive while pages are read neither repeat nor hide one that was there', async () => {
    const first = burst(40)
    await server.store(first)
    const ids = await follow({ limit: 6 }, () =>
      server.store([...burst(5), sampleEvent({ created_at: '2026-07-01T00:00:00Z' })]),
    )
    expect(new Set(ids).size).toBe(ids.length)
    expect(new Set(ids)).toEqual(new Set([...ids, ...first.map((event) => event.event_id)]))
  })

  test('the last page says so, with all three members', async () => {
    await server.store(burst(3))
    expect((await list({ limit: 3 })).pagination).toEqual({
      has_next_page: false,
      next_page_cursor: null,
      next_page_url: null,
    })
    expect((await list({ limit: 2 })).pagination.has_next_page).toBe(true)
  })

  test('a cursor of another query, and one that was changed, are refused with a reason', async () => {
    await server.store(burst(10))
    const cursor = (await list({ limit: 2 })).pagination.next_page_cursor ?? ''
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [
      string,
      [string, string],
      string,
    ]
    const moved = Buffer.from(JSON.stringify([parts[0], ['1', parts[1][1]], parts[2]])).toString('base64url')
    const cases: [object, RegExp][] = [
      [{ page_cursor: cursor, event_type: 'c.d' }, /belongs to another query/],
      [{ page_cursor: cursor, since: '2026-01-02' }, /belongs to another query/],
      [{ page_cursor: moved }, /not one that this server made/],
      [{ page_cursor: `${cursor}x` }, /not one that this server made/],
      [{ page_cursor: 'nonsense' }, /not one that this server made/],
      [{ page_cursor: Buffer.from('[1,2,3]').toString('base64url') }, /not one that this server made/],
      [{ page_cursor: cursor, unstable_offset: 3 }, /Cannot specify both page_cursor and unstable_offset/],
    ]
    for (const [body, message] of cases) {
      const response = await server.post('/events/list', { since: '2026-01-01', limit: 2, ...body })
      expect(response.status).toBe(400)
      expect(await errorOf(response)).toMatchObject({
        type: 'invalid_input',
        message: expect.stringMatching(message) as string,
      })
    }
  })

  test('limit may change from page to page, and parameters may come in another order', async () => {
    await server.store(burst(10))
    const { events, pagination } = await list({
      limit: 2,
      event_types: ['a.b', 'c.d'],
      device_id: sampleEvent().device_id,
    })
    const body = {
      device_id: sampleEvent().device_id,
      event_types: ['a.b', 'c.d'],
      limit: 8,
      since: '2026-01-01',
    }
    const rest = await list({ ...body, page_cursor: pagination.next_page_cursor })
    expect(new Set([...events, ...rest.events].map((event) => event.event_id)).size).toBe(10)
  })
})
