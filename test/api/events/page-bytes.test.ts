import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_PAGE_BYTES } from '../../../src/api/events/list-limits.ts'
import { queryTest } from '../../support/query-test.ts'
import { A, type AccessServer, startAccessServer } from '../../access/access-server.ts'
import { sampleEvent } from '../../support/sample-event.ts'

const EVENT_BYTES = 250_000
const EVENTS = 150

interface Page {
  events: { event_id: string }[]
  pagination: { has_next_page: boolean; next_page_cursor: string | null }
}

let server: AccessServer
let authorization: string
/** Newest first. */
const ids = Array.from({ length: EVENTS }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`)

beforeAll(async () => {
  server = await startAccessServer()
  authorization = `Bearer ${await server.issue({ workspaceIds: [A] })}`
  const { event_id: _, ...event } = sampleEvent({ workspace_id: A })
  // They are made in the database, because sending 40 MB would take most of the test's time.
  await queryTest(
    server.db,
    `insert into events (workspace_id, event_id, event_type, created_at, body, poll_at)
     select $1, id, 'lock.locked', at, (jsonb_build_object('event_id', id, 'created_at', at, 'filler', repeat('x', $2)) || $3)::json, now()
     from (select id, now() - i * interval '1 s' as at from unnest($4::uuid[]) with ordinality as each (id, i)) as each`,
    [A, EVENT_BYTES, JSON.stringify({ ...event, created_at: undefined }), ids],
  )
})
afterAll(() => server.stop())

async function list(body: object): Promise<Page & { bytes: number }> {
  const response = await server.ask({ authorization }, '/events/list', { since: '0001-01-02', ...body })
  expect(response.status).toBe(200)
  const text = await response.text()
  return { ...(JSON.parse(text) as Page), bytes: Buffer.byteLength(text) }
}

describe('E16: Events of 250 KB', () => {
  test('come in pages of so many bytes, each event once and in order, by cursors that go on', async () => {
    const listed: string[] = []
    const lengths: number[] = []
    let cursor: string | null = null
    do {
      const page: Page & { bytes: number } = await list({ limit: 1000, page_cursor: cursor })
      expect(page.bytes).toBeLessThan(MAX_PAGE_BYTES)
      expect(page.pagination.has_next_page).toBe(page.pagination.next_page_cursor !== null)
      listed.push(...page.events.map(({ event_id }) => event_id))
      lengths.push(page.events.length)
      cursor = page.pagination.next_page_cursor
    } while (cursor !== null)
    expect(listed).toEqual(ids)
    expect(lengths).toEqual([33, 33, 33, 33, 18])
  })

  test('are listed in full where they fit, with a next page only where there is one', async () => {
    expect((await list({ limit: 32 })).pagination.has_next_page).toBe(true)
    const last = await list({ limit: 1000, unstable_offset: EVENTS - 3 })
    expect(last.events.map(({ event_id }) => event_id)).toEqual(ids.slice(-3))
    expect(last.pagination.has_next_page).toBe(false)
  })

  test('come the same way for a caller that was looked up and for one that was known', async () => {
    const bearer = { authorization: `Bearer ${await server.issue({ workspaceIds: [A] })}` }
    const pages: number[] = []
    for (const isKnown of [false, true]) {
      expect(server.recall(bearer) !== null).toBe(isKnown)
      const response = await server.ask(bearer)
      pages.push(((await response.json()) as Page).events.length)
    }
    expect(pages).toEqual([33, 33])
  })
})

test('E16: An event that is longer than a page is a page of its own', async () => {
  const { event_id: id } = sampleEvent()
  await queryTest(
    server.db,
    `insert into events (workspace_id, event_id, event_type, created_at, body, poll_at)
     select $1, $2::uuid, 'huge', at, json_build_object('event_id', $2::uuid, 'created_at', at, 'filler', repeat('x', $3)), now()
     from (select now() as at) as each`,
    [A, id, MAX_PAGE_BYTES + 1],
  )
  const page = await list({ limit: 1000 })
  expect(page.events.map(({ event_id }) => event_id)).toEqual([id])
  const next = await list({ limit: 1, page_cursor: page.pagination.next_page_cursor })
  expect(next.events.map(({ event_id }) => event_id)).toEqual(ids.slice(0, 1))
})
