import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { queryTest } from '../support/query-test.ts'
import { openEventStream, type StreamBlock } from '../support/event-stream.ts'
import {
  A,
  type AccessServer,
  B,
  BOOTSTRAP_KEY,
  type SessionRow,
  startAccessServer,
} from './access-server.ts'

/*
 * Two workspaces, a hundred client sessions with overlapping accounts and webviews, and events of all of them: whatever anybody
 * asks, with whatever credential, the answer is what a plain filter over the generated events says. That is "never more" and
 * "never less" in one.
 */

interface GeneratedEvent {
  event_id: string
  event_type: string
  workspace_id: string
  created_at: string
  device_id?: string
  connected_account_id?: string
  connect_webview_id?: string
}

interface Credential {
  name: string
  headers: Record<string, string>
  /** Null: nothing at all may be seen. */
  sees: ((event: GeneratedEvent) => boolean) | null
}

const uuid = (kind: string, n: number) => `${kind.repeat(8)}-0000-4000-8000-${String(n).padStart(12, '0')}`
const accounts = Array.from({ length: 12 }, (_, n) => uuid('c', n))
const webviews = Array.from({ length: 6 }, (_, n) => uuid('d', n))
const devices = Array.from({ length: 8 }, (_, n) => uuid('e', n))
const types = ['lock.unlocked', 'device.connected', 'connect_webview.login_failed']

let server: AccessServer
const events: GeneratedEvent[] = []
const credentials: Credential[] = []

beforeAll(async () => {
  server = await startAccessServer()
  generateEvents()
  await server.store(
    A,
    events.filter((event) => event.workspace_id === A),
  )
  await server.store(
    B,
    events.filter((event) => event.workspace_id === B),
  )
  await addKeys()
  for (const session of generateSessions()) await addSession(session)
  credentials.push(...(await Promise.all(credentials.map(asBrowserSession))).flat())
})
afterAll(() => server.stop())

/** A third of the events has an account, a third a webview, some both, some neither; accounts are shared between workspaces. */
function generateEvents(): void {
  for (let n = 0; n < 600; n++) {
    const pick = <T>(list: readonly T[], salt: number): T =>
      list[(n * 7 + salt * 13 + (n >> 3)) % list.length] as T
    events.push({
      event_id: uuid('f', n),
      event_type: pick(types, 1),
      workspace_id: n % 2 === 0 ? A : B,
      created_at: `2026-06-15T16:${String(n % 60).padStart(2, '0')}:17.${String(n % 5).padStart(6, '0')}Z`,
      ...(n % 3 !== 0 && { device_id: pick(devices, 2) }),
      ...(n % 5 < 3 && { connected_account_id: pick(accounts, 3) }),
      ...(n % 7 < 2 && { connect_webview_id: pick(webviews, 4) }),
    })
  }
}

const bearer = async (request: Parameters<AccessServer['issue']>[0]) =>
  `Bearer ${await server.issue(request)}`
const of = (id: string) => (event: GeneratedEvent) => event.workspace_id === id

async function addKeys(): Promise<void> {
  const token = await bearer({ kind: 'access_token', workspaceIds: [A, B] })
  const onlyB = await bearer({ kind: 'access_token', workspaceIds: [B] })
  credentials.push(
    { name: 'key of A', headers: { authorization: await bearer({}) }, sees: of(A) },
    { name: 'key of B', headers: { authorization: await bearer({ workspaceIds: [B] }) }, sees: of(B) },
    { name: 'key of A for B', headers: { authorization: await bearer({}), 'seam-workspace': B }, sees: null },
    { name: 'token for A', headers: { authorization: token, 'seam-workspace': A }, sees: of(A) },
    { name: 'token for B', headers: { authorization: token, 'seam-workspace': B }, sees: of(B) },
    { name: 'token of B for A', headers: { authorization: onlyB, 'seam-workspace': A }, sees: null },
    {
      name: 'bootstrap for B',
      headers: { authorization: `Bearer ${BOOTSTRAP_KEY}`, 'seam-workspace': B },
      sees: of(B),
    },
  )
}

/** The same credential by the cookie that it gets, which needs no `seam-workspace`; nothing for one that is refused. */
async function asBrowserSession({ name, headers, sees }: Credential): Promise<Credential[]> {
  const response = await server.ask(headers, '/v1/browser_sessions/create', {})
  expect([name, response.status]).toEqual([name, sees === null ? 401 : 200])
  const cookie = response.headers.get('set-cookie')?.split(';')[0]
  if (cookie === undefined) return []
  return [{ name: `cookie of ${name}`, headers: { cookie, 'sec-fetch-site': 'same-origin' }, sees }]
}

const subset = (list: readonly string[], seed: number, most: number) =>
  list.filter((_, i) => ((seed * 31 + i * 17) % 11) % list.length < most)

function generateSessions(): SessionRow[] {
  return Array.from({ length: 100 }, (_, n) => ({
    workspaceId: n % 2 === 0 ? A : B,
    clientSessionId: uuid('9', n),
    token: `seam_cst1session0_${String(n).padStart(24, 'x')}`,
    // Sessions with few accounts and with many are read in two different ways, and some sessions have none.
    connectedAccountIds: n % 10 === 9 ? [] : subset(accounts, n, n % 7 === 6 ? 12 : 1 + (n % 4)),
    connectWebviewIds: n % 3 === 0 ? subset(webviews, n, 1 + (n % 2)) : [],
    expiresIn: n % 17 === 16 ? -5 : 3600,
    deleted: n % 19 === 18,
  }))
}

async function addSession(session: SessionRow): Promise<void> {
  await server.addSession(session)
  const isLive = (session.expiresIn ?? 0) > 0 && session.deleted !== true
  const { workspaceId, connectedAccountIds, connectWebviewIds } = session
  const sees = (event: GeneratedEvent) =>
    event.workspace_id === workspaceId &&
    (connectedAccountIds.includes(event.connected_account_id ?? '') ||
      connectWebviewIds.includes(event.connect_webview_id ?? ''))
  credentials.push({
    name: `session ${session.clientSessionId}`,
    headers: { authorization: `Bearer ${session.token}` },
    sees: isLive ? sees : null,
  })
}

interface Ask {
  device_ids?: string[]
  connected_account_id?: string
  connect_webview_id?: string
  event_types?: string[]
  event_ids?: string[]
  limit?: number
  unstable_offset?: number
}

const asks: fc.Arbitrary<Ask> = fc.record(
  {
    device_ids: fc.subarray(devices),
    connected_account_id: fc.constantFrom(...accounts),
    connect_webview_id: fc.constantFrom(...webviews),
    event_types: fc.subarray(types),
    event_ids: fc.array(
      fc.nat(599).map((n) => uuid('f', n)),
      { maxLength: 40 },
    ),
    limit: fc.integer({ min: 1, max: 700 }),
    unstable_offset: fc.integer({ min: 0, max: 50 }),
  },
  { requiredKeys: [] },
)

const isAny = (list: string[] | undefined, value: string | undefined) =>
  list === undefined || list.includes(value ?? '')

function expected(sees: NonNullable<Credential['sees']>, ask: Ask): string[] {
  return events
    .filter(sees)
    .filter((event) => isAny(ask.device_ids, event.device_id) && isAny(ask.event_types, event.event_type))
    .filter((event) => isAny(ask.event_ids, event.event_id))
    .filter(
      (event) =>
        ask.connected_account_id === undefined || event.connected_account_id === ask.connected_account_id,
    )
    .filter(
      (event) => ask.connect_webview_id === undefined || event.connect_webview_id === ask.connect_webview_id,
    )
    .toSorted((a, b) =>
      a.created_at === b.created_at
        ? a.event_id < b.event_id
          ? -1
          : 1
        : a.created_at < b.created_at
          ? 1
          : -1,
    )
    .slice(ask.unstable_offset ?? 0)
    .slice(0, ask.limit ?? 500)
    .map((event) => event.event_id)
}

test('I10: nobody ever gets an event that is not theirs, nor misses one that is, whatever they ask', async () => {
  const holds = fc.asyncProperty(fc.nat(), asks, async (seed, ask) => {
    const { name, headers, sees } = credentials[seed % credentials.length] as Credential
    const response = await server.ask(headers, '/events/list', { since: '2026-01-01', ...ask })
    const body = (await response.json()) as { events?: GeneratedEvent[] }
    const answer = body.events?.map((event) => event.event_id) ?? response.status
    expect([name, answer]).toEqual([name, sees === null ? 401 : expected(sees, ask)])
  })
  expect(await fc.check(holds, { numRuns: 500 })).toMatchObject({ failed: false, error: null })
})

test('I10: /v1/events/list finds what its credential may see, by every search and in every order, and no more', async () => {
  const terms = fc.option(fc.constantFrom(...accounts, ...devices, ...webviews), { nil: undefined })
  const order = fc.record({
    order: fc.constantFrom('desc', 'asc'),
    order_by: fc.constantFrom('created_at', 'occurred_at'),
  })
  const holds = fc.asyncProperty(
    fc.nat(),
    asks,
    terms,
    order,
    async (seed, { limit, unstable_offset, ...ask }, q, ordered) => {
      void [limit, unstable_offset]
      const { name, headers, sees } = credentials[seed % credentials.length] as Credential
      const body = { ...ask, ...ordered, ...(q !== undefined && { q }), limit: 1_000 }
      const response = await server.ask(headers, '/v1/events/list', body)
      const answer =
        sees === null
          ? response.status
          : ((await response.json()) as { events: GeneratedEvent[] }).events.map((event) => event.event_id)
      const found = (event: GeneratedEvent) =>
        q === undefined || [event.device_id, event.connected_account_id, event.connect_webview_id].includes(q)
      const wanted = () =>
        expected((event) => sees?.(event) === true && found(event), { ...ask, limit: 1_000 })
      expect([name, sees === null ? answer : (answer as string[]).toSorted()]).toEqual([
        name,
        sees === null ? 401 : wanted().toSorted(),
      ])
    },
  )
  expect(await fc.check(holds, { numRuns: 250 })).toMatchObject({ failed: false, error: null })
})

test('I10: an export holds what its credential may see, all of it and no more', async () => {
  const holds = fc.asyncProperty(fc.nat(), asks, async (seed, { limit, unstable_offset, ...ask }) => {
    void [limit, unstable_offset]
    const { name, headers, sees } = credentials[seed % credentials.length] as Credential
    const response = await server.ask(headers, '/v1/events/export', { since: '2026-01-01', ...ask })
    const lines = (await response.text()).split('\n').slice(0, -2)
    const answer =
      sees === null ? response.status : lines.map((line) => (JSON.parse(line) as GeneratedEvent).event_id)
    expect([name, answer]).toEqual([name, sees === null ? 401 : expected(sees, { ...ask, limit: 1_000 })])
  })
  expect(await fc.check(holds, { numRuns: 250 })).toMatchObject({ failed: false, error: null })
})

test('I10: a stream brings each credential the events that are its own, of the past and as they arrive, and no others', async () => {
  const open = (headers: Record<string, string>, query: string) =>
    openEventStream(`${server.url}/v1/events/stream?${query}`, headers)
  const hasCaughtUp = (blocks: readonly StreamBlock[]) => blocks.some(({ event }) => event === 'coverage')
  const streams = await Promise.all(
    credentials.map(async (credential) => ({
      ...credential,
      stream: await open(credential.headers, 'since=2026-01-01'),
    })),
  )
  const before = events.length
  for (const { stream, sees } of streams) {
    expect(stream.response.status).toBe(sees === null ? 401 : 200)
    if (sees !== null) await stream.until(hasCaughtUp)
  }
  // The same again, with new ids, while all listen.
  const added = events.slice(0, 60).map((event, n) => ({ ...event, event_id: uuid('8', n) }))
  for (const workspaceId of [A, B])
    await server.store(
      workspaceId,
      added.filter((event) => event.workspace_id === workspaceId),
    )
  events.push(...added)
  for (const { name, stream, sees } of streams) {
    if (sees === null) continue
    const own = events.filter(sees).map(({ event_id }) => event_id)
    await stream.until(() => stream.eventIds().length >= own.length)
    expect([name, stream.eventIds().toSorted()]).toEqual([name, own.toSorted()])
    stream.leave()
  }
  events.length = before
  await queryTest(server.db, "delete from events where event_id::text like '88888888-%'")
})

test('I10: /events/get finds an event for those who may see it, and for nobody else', async () => {
  const holds = fc.asyncProperty(fc.nat(), fc.nat(599), async (seed, n) => {
    const { name, headers, sees } = credentials[seed % credentials.length] as Credential
    const event = events[n] as GeneratedEvent
    const response = await server.ask(headers, '/events/get', { event_id: event.event_id })
    expect([name, response.status]).toEqual([name, sees === null ? 401 : sees(event) ? 200 : 404])
  })
  expect(await fc.check(holds, { numRuns: 250 })).toMatchObject({ failed: false, error: null })
})

test('I10: following page_cursor stays within what the credential may see, and a cursor is of no use to another', async () => {
  const [first, second] = credentials.filter(
    ({ name, sees }) => name.startsWith('session') && sees !== null && events.some(sees),
  )
  if (first === undefined || first.sees === null || second === undefined)
    throw new Error('The generated sessions see nothing.')
  const ids: string[] = []
  let cursor: string | null = null
  let stolen: string | null = null
  do {
    const response = await server.ask(first.headers, '/events/list', {
      since: '2026-01-01',
      limit: 3,
      page_cursor: cursor,
    })
    const body = (await response.json()) as {
      events: GeneratedEvent[]
      pagination: { next_page_cursor: string | null }
    }
    ids.push(...body.events.map((event) => event.event_id))
    cursor = body.pagination.next_page_cursor
    stolen ??= cursor
  } while (cursor !== null)
  expect(ids).toEqual(expected(first.sees, { limit: 1000 }))
  const response = await server.ask(second.headers, '/events/list', {
    since: '2026-01-01',
    limit: 3,
    page_cursor: stolen,
  })
  expect(response.status).toBe(400)
})
