import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readKey, sha256 } from '../../src/access/key-format.ts'
import { MAX_BROWSER_SESSIONS } from '../../src/store/browser-sessions/insert-browser-session.ts'
import { endApiKey } from '../../src/store/keys/end-api-key.ts'
import { errorOf } from '../http/serve.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { A, type AccessServer, B, BOOTSTRAP_KEY, startAccessServer } from './access-server.ts'

const ACCOUNT = 'c35ecf64-474a-466a-95a6-7b35cb4c8bb4'
const CREATE = '/v1/browser_sessions/create'
const DELETE = '/v1/browser_sessions/delete'
const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' }

let server: AccessServer
let tokens = 0
const inA = sampleEvent({ workspace_id: A, connected_account_id: ACCOUNT })
const otherInA = sampleEvent({ workspace_id: A, connected_account_id: crypto.randomUUID() })
const inB = sampleEvent({ workspace_id: B })

beforeAll(async () => {
  server = await startAccessServer({ recheckMs: 100 })
  await server.store(A, [inA, otherInA])
  await server.store(B, [inB])
})
beforeEach(() => sql`truncate browser_sessions`.execute(server.db))
afterAll(() => server.stop())

const bearer = (token: string, workspace?: string) => ({
  authorization: `Bearer ${token}`,
  ...(workspace && { 'seam-workspace': workspace }),
})

/** A client session of the one account, with its token. */
async function newClientSession(more: { expiresIn?: number } = {}): Promise<{ id: string; token: string }> {
  const id = `session-${(tokens += 1)}`
  const token = `seam_cst1${String(tokens).padStart(8, 'x')}_aaaaaaaaaaaaaaaaaaaaaaaa`
  const session = { workspaceId: A, connectedAccountIds: [ACCOUNT], connectWebviewIds: [] }
  await server.addSession({ ...session, clientSessionId: id, token, ...more })
  return { id, token }
}

/** What a browser sends after it has signed in with the credential: a page's own requests with the cookie. */
async function signIn(
  headers: Record<string, string>,
): Promise<{ cookie: string; 'sec-fetch-site': string }> {
  const response = await server.ask(headers, CREATE, {})
  expect(response.status).toBe(200)
  const [cookie = ''] = response.headers.getSetCookie().map((each) => each.split(';')[0] ?? '')
  return { cookie, ...SAME_ORIGIN }
}

const valueIn = (cookie: string) => cookie.slice(cookie.indexOf('=') + 1)

async function seenBy(headers: Record<string, string>): Promise<string[] | number> {
  const response = await server.ask(headers)
  if (response.status !== 200) return response.status
  const { events } = (await response.json()) as { events: { event_id: string }[] }
  return events.map((event) => event.event_id).toSorted()
}

const ids = (...events: { event_id: string }[]) => events.map((event) => event.event_id).toSorted()

describe('A browser session', () => {
  test.each<[string, () => Promise<Record<string, string>>, string[]]>([
    ['an API key', async () => bearer(await server.issue({})), ids(inA, otherInA)],
    [
      'an access token, in the workspace that it was made for',
      async () => bearer(await server.issue({ kind: 'access_token', workspaceIds: [A, B] }), B),
      ids(inB),
    ],
    [
      'SEAM_MIRROR_API_KEY, in the workspace that it was made for',
      async () => bearer(BOOTSTRAP_KEY, B),
      ids(inB),
    ],
    ['a client session', async () => bearer((await newClientSession()).token), ids(inA)],
  ])('I10: of %s sees what that sees, however often it asks', async (_title, credential, sees) => {
    const headers = await signIn(await credential())
    for (let i = 0; i < 3; i++) expect(await seenBy(headers)).toEqual(sees)
    expect(server.recall(headers)).not.toBeNull()
  })

  test('says when it ends, and gives the browser a cookie that ends then', async () => {
    const response = await server.ask(bearer(await server.issue({})), CREATE, {})
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^seam-mirror=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
      ) as string,
    ])
    const { browser_session: session } = (await response.json()) as {
      browser_session: Record<string, string>
    }
    expect(session).toEqual({
      workspace_id: A,
      created_at: expect.stringMatching(/Z$/) as string,
      expires_at: expect.stringMatching(/Z$/) as string,
    })
    expect(Date.parse(session.expires_at ?? '') - Date.parse(session.created_at ?? '')).toBe(12 * 3_600_000)
  })

  test('gets a Secure cookie of this very host behind a proxy that opens TLS, and is known by that alone', async () => {
    const tls = { 'x-forwarded-proto': 'https' }
    const { cookie, ...more } = await signIn({ ...bearer(await server.issue({})), ...tls })
    expect(cookie).toMatch(/^__Host-seam-mirror=/)
    expect(await seenBy({ cookie, ...more, ...tls })).toEqual(ids(inA, otherInA))
    expect(await seenBy({ cookie: cookie.replace('__Host-', ''), ...more, ...tls })).toBe(401)
    expect(await seenBy({ cookie, ...more })).toBe(401)
  })

  test('I10: has no scope that its key lacks, and loses what its key loses', async () => {
    const key = await server.issue({ scopes: ['client_sessions:read'] })
    const headers = await signIn(bearer(key))
    expect(await seenBy(headers)).toBe(403)
    const change = (scopes: string[]) =>
      sql`update api_keys set scopes = ${scopes} where key_id = ${readKey(key)?.keyId}`.execute(server.db)
    await change(['events:read'])
    for (let i = 0; i < 2; i++) expect(await seenBy(headers)).toEqual(ids(inA, otherInA))
    await change(['client_sessions:read'])
    expect(await seenBy(headers)).toBe(403)
  })

  test('I10: of a client session sees the accounts that the session has now, and never its token', async () => {
    const { id, token } = await newClientSession()
    await sql`update client_sessions set body = '{"client_session_id":"x","token":"****"}' where client_session_id = ${id}`.execute(
      server.db,
    )
    const headers = await signIn(bearer(token))
    expect(await seenBy(headers)).toEqual(ids(inA))
    const text = async (who: Record<string, string>) =>
      (await server.ask(who, '/client_sessions/get', { client_session_id: id })).text()
    expect(await text(bearer(token))).toContain(token)
    expect(await text(headers)).toContain('"token":"****"')
    await sql`update client_sessions set connected_account_ids = '{}' where client_session_id = ${id}`.execute(
      server.db,
    )
    expect(await seenBy(headers)).toEqual([])
  })

  test('I10: is for the workspace that it was made for, and for no other', async () => {
    const key = await server.issue({ kind: 'access_token', workspaceIds: [A, B] })
    const headers = await signIn(bearer(key, B))
    expect(await seenBy({ ...headers, 'seam-workspace': B.toUpperCase() })).toEqual(ids(inB))
    expect(await seenBy({ ...headers, 'seam-workspace': A })).toBe(401)
    await sql`update api_keys set workspace_ids = array[${A}]::uuid[] where key_id = ${readKey(key)?.keyId}`.execute(
      server.db,
    )
    expect(await seenBy(headers)).toBe(401)
  })

  test('I9: is stored as a hash, and never logged', async () => {
    const key = await server.issue({})
    const headers = await signIn(bearer(key))
    await seenBy(headers)
    await server.ask(headers, DELETE, {})
    const { cookie } = await signIn(bearer(key))
    const { rows } = await sql<{
      row: string
    }>`select browser_sessions::text as row from browser_sessions`.execute(server.db)
    expect(rows).toHaveLength(1)
    expect(rows[0]?.row).toContain(sha256(valueIn(cookie)).toString('hex'))
    for (const secret of [valueIn(cookie), key.slice(-24)]) expect(rows[0]?.row).not.toContain(secret)
    expect(server.logs.length).toBeGreaterThan(3)
    for (const { cookie: each } of [headers, { cookie }])
      expect(JSON.stringify(server.logs)).not.toContain(valueIn(each))
    expect(server.logs.findLast(({ path }) => path === '/events/list')).toMatchObject({
      keyId: readKey(key)?.keyId,
    })
  })
})

describe('A browser session ends', () => {
  test.each(['revoke', 'expire'] as const)('I10: at once when its key ends by %s', async (how) => {
    const key = await server.issue({})
    const headers = await signIn(bearer(key))
    for (let i = 0; i < 2; i++) expect(await seenBy(headers)).toEqual(ids(inA, otherInA))
    await endApiKey(server.db, readKey(key)?.keyId ?? '', how, null)
    expect(await seenBy(headers)).toBe(401)
    expect(server.recall(headers)).toBeNull()
  })

  test.each([
    ['is deleted', sql`deleted_at = now(), token_sha256 = null`],
    ['expires', sql`expires_at = now()`],
    ['is no longer listed', sql`unconfirmed_since = now()`],
  ])('I10: at once when its client session %s', async (_title, change) => {
    const { id, token } = await newClientSession()
    const headers = await signIn(bearer(token))
    for (let i = 0; i < 2; i++) expect(await seenBy(headers)).toEqual(ids(inA))
    await sql`update client_sessions set ${change} where client_session_id = ${id}`.execute(server.db)
    expect(await seenBy(headers)).toBe(401)
  })

  test('I10: with its own time, though its key lives on and nothing writes to it', async () => {
    const key = await server.issue({})
    const headers = await signIn(bearer(key))
    // It must be remembered before it ends, and a busy machine may take long for that.
    for (let seconds = 2; ; seconds *= 4) {
      await sql`update browser_sessions set expires_at = clock_timestamp() + make_interval(secs => ${seconds})`.execute(
        server.db,
      )
      await seenBy(headers)
      if (server.recall(headers) !== null) break
    }
    await expect.poll(() => seenBy(headers), { timeout: 60_000 }).toBe(401)
    expect(await seenBy(bearer(key))).toEqual(ids(inA, otherInA))
  })

  test('when SEAM_MIRROR_API_KEY is another', async () => {
    const headers = await signIn(bearer(BOOTSTRAP_KEY, A))
    await sql`update browser_sessions set credential_sha256 = ${sha256('seam_an_older_key')}`.execute(
      server.db,
    )
    expect(await seenBy(headers)).toBe(401)
  })

  test('by delete, which removes the cookie, and ends no other session', async () => {
    const key = await server.issue({})
    const headers = await signIn(bearer(key))
    const other = await signIn(bearer(key))
    for (let i = 0; i < 2; i++) expect(await seenBy(headers)).toEqual(ids(inA, otherInA))
    const response = await server.ask(headers, DELETE, {})
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toEqual([
      'seam-mirror=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    ])
    expect(await seenBy(headers)).toBe(401)
    expect((await server.ask(headers, DELETE, {})).status).toBe(401)
    expect(await seenBy(other)).toEqual(ids(inA, otherInA))
  })

  test('I10: and the stream that its cookie opened ends soon after', async () => {
    const headers = await signIn(bearer(await server.issue({})))
    const stream = await fetch(`${server.url}/v1/events/stream`, { headers: { cookie: headers.cookie } })
    expect(stream.status).toBe(200)
    await server.ask(headers, DELETE, {})
    expect(await stream.text()).toMatch(/event: bye/)
  })

  test('I12: when its credential gets too many; those that have ended are removed', async () => {
    const key = await server.issue({})
    const { cookie, ...more } = await signIn(bearer(key))
    const fill = (count: number, at: string, prefix: string) =>
      sql`insert into browser_sessions (workspace_id, session_sha256, kind, key_id, credential_sha256, created_at, expires_at)
        select workspace_id, sha256((${prefix} || n)::bytea), kind, key_id, credential_sha256, created_at + ${at}::interval, expires_at + ${at}::interval
        from browser_sessions, generate_series(1, ${count}::int) n where session_sha256 = ${sha256(valueIn(cookie))}`.execute(
        server.db,
      )
    await fill(30, '-13 hours', 'ended')
    await fill(MAX_BROWSER_SESSIONS - 1, '1 second', 'open')
    expect(await seenBy({ cookie, ...more })).toEqual(ids(inA, otherInA))
    const another = await server.issue({})
    await signIn(bearer(another))
    const { rows } = await sql<{ count: number }>`select count(*)::int from browser_sessions`.execute(
      server.db,
    )
    expect(rows).toEqual([{ count: MAX_BROWSER_SESSIONS + 1 }])
    expect(await seenBy({ cookie, ...more })).toEqual(ids(inA, otherInA))
    const newest = await signIn(bearer(key))
    expect(await seenBy({ cookie, ...more })).toBe(401)
    expect(await seenBy(newest)).toEqual(ids(inA, otherInA))
  })
})

describe('A cookie', () => {
  test.each(['cross-site', 'same-site', 'none', undefined])(
    'opens nothing to a POST whose Sec-Fetch-Site is %s, also when its caller is remembered',
    async (site) => {
      const key = await server.issue({})
      const headers = await signIn(bearer(key))
      for (let i = 0; i < 2; i++) await seenBy(headers)
      expect(server.recall(headers)).not.toBeNull()
      const from = { cookie: headers.cookie, ...(site && { 'sec-fetch-site': site }) }
      for (const path of [DELETE, '/events/list']) {
        const response = await server.ask(from, path, {})
        expect(response.status).toBe(403)
        expect(await errorOf(response)).toMatchObject({ type: 'cross_origin_request' })
      }
      expect(await seenBy(headers)).toEqual(ids(inA, otherInA))
    },
  )

  test('reads with GET wherever it comes from: the browser decides whether a page may see the answer', async () => {
    const { cookie } = await signIn(bearer(await server.issue({})))
    const response = await fetch(`${server.url}/events/list?since=2020-01-01`, {
      headers: { cookie, 'sec-fetch-site': 'none' },
    })
    expect(response.status).toBe(200)
  })

  test('is good for a POST of an older browser whose Origin is this host, and for no other', async () => {
    const { cookie } = await signIn(bearer(await server.issue({})))
    expect(await seenBy({ cookie, origin: server.url })).toEqual(ids(inA, otherInA))
    expect(await seenBy({ cookie, origin: 'http://localhost:1' })).toBe(403)
  })

  test('counts for nothing beside a header, be that right or wrong', async () => {
    const headers = await signIn(bearer(await server.issue({})))
    const b = await server.issue({ workspaceIds: [B] })
    expect(await seenBy({ ...headers, ...bearer(b) })).toEqual(ids(inB))
    expect(await seenBy({ ...headers, ...bearer('seam_wrong') })).toBe(401)
    expect(await seenBy({ ...headers, 'client-session-token': 'seam_cst1wrong' })).toBe(401)
    // Whoever has a key needs no proof of origin, but a session is only ended by its own cookie.
    const response = await server.ask({ ...bearer(b), cookie: headers.cookie }, DELETE, {})
    expect(response.status).toBe(404)
    expect(await errorOf(response)).toMatchObject({ type: 'browser_session_not_found' })
    expect(await seenBy(headers)).toEqual(ids(inA, otherInA))
  })

  test('counts beside the password of a proxy', async () => {
    const headers = await signIn(bearer(await server.issue({})))
    expect(await seenBy({ ...headers, authorization: 'Basic dXNlcjpwYXNz' })).toEqual(ids(inA, otherInA))
  })

  test('does not make another session', async () => {
    const headers = await signIn(bearer(await server.issue({})))
    const response = await server.ask(headers, CREATE, {})
    expect(response.status).toBe(403)
    expect(await errorOf(response)).toMatchObject({ type: 'browser_session_not_accepted' })
    expect(response.headers.getSetCookie()).toEqual([])
  })

  test.each<[string, (cookie: string, key: string) => Record<string, string>]>([
    ['a key in the cookie', (_cookie, key) => ({ cookie: `seam-mirror=${key}` })],
    [
      'SEAM_MIRROR_API_KEY in the cookie',
      () => ({ cookie: `seam-mirror=${BOOTSTRAP_KEY}`, 'seam-workspace': A }),
    ],
    ['the cookie in the header', (cookie) => bearer(valueIn(cookie))],
    ['the cookie in the header of session tokens', (cookie) => ({ 'client-session-token': valueIn(cookie) })],
    [
      'another last character',
      (cookie) => ({ cookie: `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'Q' : 'A'}` }),
    ],
    ['an empty one', () => ({ cookie: 'seam-mirror=' })],
    ['two of the name', (cookie) => ({ cookie: `${cookie}; seam-mirror=planted` })],
    ['two of the name, in the other order', (cookie) => ({ cookie: `seam-mirror=planted; ${cookie}` })],
    ['the hash of one', (cookie) => ({ cookie: `seam-mirror=${sha256(valueIn(cookie)).toString('hex')}` })],
  ])('I10: %s gets 401 in the words that all get', async (_title, headersOf) => {
    const key = await server.issue({})
    const { cookie } = await signIn(bearer(key))
    // Both are remembered, each where it belongs.
    for (const headers of [{ cookie, ...SAME_ORIGIN }, bearer(key)]) {
      expect(await seenBy(headers)).toEqual(ids(inA, otherInA))
      expect(server.recall(headers)).not.toBeNull()
    }
    const response = await server.ask({ ...SAME_ORIGIN, ...headersOf(cookie, key) })
    expect(response.status).toBe(401)
    expect(await errorOf(response)).toMatchObject({ type: 'unauthorized', message: 'Unauthorized' })
  })

  test('that is guessed is answered later and later; a good one, and a key, are not slowed', async () => {
    const key = await server.issue({})
    const headers = await signIn(bearer(key))
    server.delays.length = 0
    for (let i = 0; i < 8; i++)
      expect(await seenBy({ ...SAME_ORIGIN, cookie: `seam-mirror=${'x'.repeat(42)}${i}` })).toBe(401)
    const { delays } = server
    expect(delays.length).toBeGreaterThanOrEqual(5)
    expect(delays).toEqual(delays.toSorted((a, b) => a - b))
    const { length } = delays
    expect(await seenBy(headers)).toEqual(ids(inA, otherInA))
    await signIn(bearer(key))
    expect(server.delays).toHaveLength(length)
  })
})

test('bad input to both endpoints gets an error that names the parameter', async () => {
  const key = bearer(await server.issue({}))
  for (const path of [CREATE, DELETE]) {
    const response = await server.ask(key, path, { hours: 24 })
    expect(response.status).toBe(400)
    expect((await errorOf(response)).message).toContain('hours')
    const get = await fetch(server.url + path, { headers: key })
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
    expect((await server.ask({}, path, {})).status).toBe(401)
  }
})
