import { SeamHttp } from '@seamapi/http'
import fc from 'fast-check'
import { SeamHttp as SeamHttp1 } from 'seam-http-1'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { queryTest } from '../../support/query-test.ts'
import { testAccess } from '../../support/test-access.ts'
import { createPageCursors } from '../../../src/http/page-cursor.ts'
import { listEventsRoute } from '../../../src/api/events/list-events-route.ts'
import { getPageCursorKey } from '../../../src/store/keys/get-page-cursor-key.ts'
import { parseEvent } from '../../../src/domain/event.ts'
import { ingestBatch } from '../../../src/ingest/ingest-batch.ts'
import { callerWithKey } from '../../http/caller-with-key.ts'
import { errorOf, serve } from '../../http/serve.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { type SampleSession, sampleSession } from '../../sessions/sample-session.ts'
import { keyCaller, type SessionServer, startSessionServer } from '../../sessions/session-server.ts'
import { SECRETS } from '../../sessions/sync-rig.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'

interface Page {
  client_sessions: SampleSession[]
  pagination: { has_next_page: boolean; next_page_cursor: string | null; next_page_url: null }
}

const OTHER_WORKSPACE = crypto.randomUUID()
const IDENTITY = crypto.randomUUID()
let server: SessionServer

beforeAll(async () => {
  server = await startSessionServer(SECRETS)
})
afterAll(() => server.stop())

/**
 * Sessions that are hard to page through. Several share a creation time, neighbours are a microsecond apart, and some creation times
 * cannot be read. Ids are UUIDs and other text.
 */
function crowd(count: number): SampleSession[] {
  return Array.from({ length: count }, (_, i) =>
    sampleSession({
      client_session_id: i % 9 === 0 ? `Session ${i} ä` : crypto.randomUUID(),
      created_at: i % 5 === 4 ? 'some day' : `2025-06-15T16:54:17.94630${i % 4}Z`,
      user_identifier_key: i % 3 === 0 ? null : 'jane_doe',
      user_identity_ids: i % 2 === 0 ? [IDENTITY] : [],
    }),
  )
}

const micros = ({ created_at: at }: SampleSession) => (at === 'some day' ? null : String(at))

async function list(body: object, credential?: string): Promise<Page> {
  const response = await server.post('/client_sessions/list', body, credential)
  expect(response.status).toBe(200)
  return (await response.json()) as Page
}

/** Follows the cursors to the end. Calls `between` between two pages. */
async function follow(
  body: { limit: number },
  between: (page: number) => Promise<void> = async () => {},
): Promise<SampleSession[]> {
  const sessions: SampleSession[] = []
  let cursor: string | null = null
  let pages = 0
  do {
    const page: Page = await list({ ...body, page_cursor: cursor })
    sessions.push(...page.client_sessions)
    const { has_next_page: hasNext, next_page_cursor: next } = page.pagination
    expect(hasNext).toBe(next !== null)
    expect(page.client_sessions.length, 'only the last page may be short').toBe(
      hasNext ? body.limit : page.client_sessions.length,
    )
    expect(page.client_sessions.length).toBeLessThanOrEqual(body.limit)
    cursor = next
    await between(++pages)
    if (pages > 200) throw new Error('The pages do not end.')
  } while (cursor !== null)
  return sessions
}

const ids = (sessions: readonly SampleSession[]) => sessions.map((session) => session.client_session_id)

describe('limit and page_cursor on /client_sessions/list', () => {
  const sessions = crowd(60)
  const foreign = crowd(10).map((session) => ({ ...session, workspace_id: OTHER_WORKSPACE }))
  beforeEach(async () => {
    await server.store(sessions)
    await server.store(foreign, OTHER_WORKSPACE)
  })

  test('without them the list is whole, newest first, and those with an unreadable creation time come last', async () => {
    const whole = await list({})
    expect(ids(whole.client_sessions).toSorted()).toEqual(ids(sessions).toSorted())
    expect(whole.pagination).toEqual({ has_next_page: false, next_page_cursor: null, next_page_url: null })
    const times = whole.client_sessions.map(micros)
    const readable = times.filter((at) => at !== null)
    expect(times).toEqual([...readable.toSorted().toReversed(), ...times.filter((at) => at === null)])
    expect(readable.length).toBe(48)
  })

  test('pages of any size, put together, are the list, each session once', async () => {
    const queries = [{}, { user_identifier_key: 'jane_doe' }, { without_user_identifier_key: true }, { user_identity_id: IDENTITY }, { user_identity_id: null }] // prettier-ignore
    const whole = await Promise.all(queries.map(async (query) => ids((await list(query)).client_sessions)))
    expect(whole.map((all) => all.length)).toEqual([60, 40, 20, 30, 30])
    const holds = fc.asyncProperty(fc.integer({ min: 1, max: 70 }), fc.nat(4), async (limit, query) => {
      expect(ids(await follow({ limit, ...queries[query] }))).toEqual(whole[query])
    })
    expect(await fc.check(holds, { numRuns: 25 })).toMatchObject({ failed: false, error: null })
  })

  test('E16: sessions of 250 KB come in pages of so many bytes, each session once', async () => {
    const large = sessions.slice(0, 50)
    // They are made in the database, because they are 25 MB in all.
    await queryTest(
      server.db,
      `update client_sessions set listed_digest = null, body = (body::jsonb || jsonb_build_object('filler', repeat('x', 500000)))::json
       where workspace_id = $1 and client_session_id = any($2)`,
      [WORKSPACE_ID, ids(large)],
    )
    const whole: string[] = []
    const lengths: number[] = []
    let cursor: string | null = null
    do {
      const page: Page = await list({ page_cursor: cursor })
      whole.push(...ids(page.client_sessions))
      lengths.push(page.client_sessions.length)
      cursor = page.pagination.next_page_cursor
    } while (cursor !== null)
    expect(whole.toSorted()).toEqual(ids(sessions).toSorted())
    expect(lengths).toHaveLength(2)
  })

  test('a limit that fits exactly has no next page; one less has', async () => {
    expect((await list({ limit: 60 })).pagination.has_next_page).toBe(false)
    expect((await list({ limit: 59 })).pagination.has_next_page).toBe(true)
    expect((await list({ client_session_id: 'nobody', limit: 1 })).pagination).toEqual({
      has_next_page: false,
      next_page_cursor: null,
      next_page_url: null,
    })
  })

  test('sessions that are added, and others that are deleted, neither repeat nor hide one that stays', async () => {
    const gone = new Set(ids(sessions.slice(0, 10)))
    const staying = sessions.slice(10)
    const seen = await follow({ limit: 7 }, async (page) => {
      const added = Array.from({ length: 5 * page }, (_, i) =>
        sampleSession({ created_at: i % 2 === 0 ? `2025-06-15T16:54:17.94630${i % 4}Z` : 'some day' }),
      )
      await server.store([...staying, ...added, sampleSession({ created_at: '2026-01-01T00:00:00Z' })])
    })
    expect(new Set(ids(seen)).size).toBe(seen.length)
    const stayed = ids(seen).filter((id) => !gone.has(id))
    expect(new Set(stayed)).toEqual(new Set([...stayed, ...ids(staying)]))
  })

  test('by GET they work as by POST, and limit may change from page to page', async () => {
    const whole = ids((await list({})).client_sessions)
    const first = (await (await server.get('/client_sessions/list?limit=3&_strict=true')).json()) as Page
    const cursor = first.pagination.next_page_cursor ?? ''
    const rest = (await (
      await server.get(`/client_sessions/list?limit=100&page_cursor=${cursor}&_strict=true`)
    ).json()) as Page
    expect([...ids(first.client_sessions), ...ids(rest.client_sessions)]).toEqual(whole)
    expect((await list({ page_cursor: null })).client_sessions).toHaveLength(60)
  })

  test.each([0, -1, 1.5, 'ten', null])('limit %j is refused', async (limit) => {
    const response = await server.post('/client_sessions/list', { limit })
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_input' })
  })

  test('a limit beyond the largest counts as the largest', async () => {
    expect((await list({ limit: 1_000_000 })).client_sessions).toHaveLength(60)
  })

  test('a cursor of another query, workspace or endpoint, and one that was changed, are refused with a reason', async () => {
    const cursor = (await list({ limit: 2 })).pagination.next_page_cursor ?? ''
    const [hash, , mac] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const stranger = server.credentialOf(keyCaller(['client_sessions:read'], OTHER_WORKSPACE))
    const another = /belongs to another query/
    const changed = /not one that this server made/
    const cases: [string, object, RegExp, string?][] = [
      ['a filter more', { page_cursor: cursor, user_identifier_key: 'jane_doe' }, another],
      ['a null filter more', { page_cursor: cursor, user_identity_id: null }, another],
      ['a boolean more', { page_cursor: cursor, without_user_identifier_key: true }, another],
      ['another workspace', { page_cursor: cursor }, another, stranger],
      ['of /events/list', { page_cursor: await eventsCursor() }, another],
      ['another position', { page_cursor: encode([hash, ['1', 'x'], mac]) }, changed],
      ['the end', { page_cursor: encode([hash, ['unreadable', ''], mac]) }, changed],
      ['one character more', { page_cursor: `${cursor}x` }, changed],
      ['nonsense', { page_cursor: 'nonsense' }, changed],
      ['something else in base64', { page_cursor: encode([1, 2, 3]) }, changed],
    ]
    for (const [title, body, message, credential] of cases) {
      const response = await server.post('/client_sessions/list', { limit: 2, ...body }, credential)
      expect(response.status, `with ${title}`).toBe(400)
      const error = await errorOf(response)
      expect(error.message, `with ${title}`).toMatch(message)
      expect(error).toMatchObject({
        type: 'invalid_input',
        validation_errors: { page_cursor: { _errors: [expect.stringMatching(message)] } },
      })
    }
  })

  test('a cursor of this list is of no use to /events/list', async () => {
    const cursor = (await list({ limit: 2 })).pagination.next_page_cursor ?? ''
    const response = await askEvents({ since: '2026-01-01', limit: 1, page_cursor: cursor })
    expect(response.status).toBe(400)
    expect((await errorOf(response)).message).toMatch(/belongs to another query/)
  })
})

describe('the SDKs', () => {
  const sessions = crowd(23)
  beforeEach(() => server.store(sessions))
  const key = () => server.credentialOf(keyCaller(['client_sessions:read']))

  test.each([{ limit: 4 }, { limit: 4, user_identifier_key: 'jane_doe' }, { limit: 100 }])(
    "the old SDK's paginator reads all pages of %j",
    async (params) => {
      const seam = SeamHttp1.fromApiKey(key(), { endpoint: server.url })
      const pages = seam.createPaginator(seam.clientSessions.list(params) as never)
      const all = (await pages.flattenToArray()) as SampleSession[]
      const { limit: _limit, ...query } = params
      expect(ids(all)).toEqual(ids((await list(query)).client_sessions))
      const [first, pagination] = await pages.firstPage()
      expect(first).toHaveLength(Math.min(params.limit, all.length))
      expect(pagination?.hasNextPage).toBe(params.limit < all.length)
    },
  )

  test('the newest SDK reads all pages with fetchResponse()', async () => {
    const seam = SeamHttp.fromApiKey(key(), { endpoint: server.url })
    const all: SampleSession[] = []
    let cursor: string | null = null
    do {
      const params = { limit: 4, ...(cursor !== null && { page_cursor: cursor }) }
      const page = (await seam.clientSessions.list(params as object).fetchResponse()) as unknown as Page
      all.push(...page.client_sessions)
      cursor = page.pagination.next_page_cursor
    } while (cursor !== null)
    expect(ids(all)).toEqual(ids((await list({})).client_sessions))
  })
})

/** `/events/list` of the same workspace on the same database. */
async function askEvents(body: object): Promise<Response> {
  const pageCursors = createPageCursors(await getPageCursorKey(server.db))
  const caller = keyCaller(['events:read'])
  const authenticate = callerWithKey('seam_test_events', caller)
  const route = listEventsRoute({ db: server.db, secrets: maskingSecrets(), pageCursors })
  const events = await serve([route], { access: testAccess({ authenticate }) })
  try {
    return await fetch(`${events.url}/events/list`, {
      method: 'POST',
      headers: { authorization: 'Bearer seam_test_events', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  } finally {
    await events.stop(1000)
  }
}

async function eventsCursor(): Promise<string> {
  const texts = [sampleEvent(), sampleEvent()].map((event) => JSON.stringify(event))
  await ingestBatch(
    server.db,
    texts.map((text) => parseEvent(text, WORKSPACE_ID)),
    'webhook',
    maskingSecrets(),
  )
  const response = await askEvents({ since: '2026-01-01', limit: 1 })
  const { pagination } = (await response.json()) as Page
  if (pagination.next_page_cursor === null) throw new Error('There is no next page of events.')
  return pagination.next_page_cursor
}
