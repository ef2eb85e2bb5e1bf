import { randomUUID } from 'node:crypto'
import { SeamHttp } from '@seamapi/http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listClientSessionsSql } from '../../../src/store/sessions/list-client-sessions.ts'
import { queryTest } from '../../support/query-test.ts'
import { errorOf } from '../../http/serve.ts'
import { WORKSPACE_ID } from '../../support/sample-event.ts'
import { sampleSession } from '../../sessions/sample-session.ts'
import {
  keyCaller,
  listedIds,
  type SessionServer,
  sessionCaller,
  startSessionServer,
} from '../../sessions/session-server.ts'
import { SECRETS } from '../../sessions/sync-rig.ts'

const WEBVIEW = 'e0f522d4-a7b6-4f65-ba90-11cde67a893a'
const IDENTITY = 'b4ce8233-3b35-4d2d-82ec-d48513684f0a'
const OTHER_WORKSPACE = randomUUID()
const SEED_ID = 'a083ce0f-8b03-4081-ac9a-1ad2ce6aaabc'

/** The seed page's session, as the page writes it. */
const seed = {
  client_session_id: SEED_ID,
  connect_webview_ids: [WEBVIEW],
  connected_account_ids: ['c35ecf64-474a-466a-95a6-7b35cb4c8bb4'],
  created_at: '2025-06-15T16:54:17.946309Z',
  customer_id: 'e387e15f-be27-47ad-881f-4a6fc5460c57',
  device_count: 1,
  expires_at: '2025-06-18T06:10:42.000Z',
  token: 'seam_cst1891oqCmD_6dBwV8PJ2Fsoe9dWYVyMfVHq',
  user_identifier_key: 'jane_doe',
  user_identity_id: IDENTITY,
  workspace_id: WORKSPACE_ID,
}
const at = (minute: number) => ({ created_at: `2025-06-15T17:0${minute}:00Z` })
const nobody = sampleSession({ ...at(1), user_identifier_key: null, user_identity_id: IDENTITY })
const plain = sampleSession({ ...at(2), user_identifier_key: 'plain' })
const older = sampleSession({
  ...at(3),
  user_identity_ids: [IDENTITY.toUpperCase()],
  connect_webview_ids: [randomUUID(), WEBVIEW],
})
const undated = sampleSession({ created_at: 'once', user_identifier_key: 'x,y' })
const names = new Map([
  [SEED_ID, 'seed'],
  [nobody.client_session_id, 'nobody'],
  [plain.client_session_id, 'plain'],
  [older.client_session_id, 'older'],
  [undated.client_session_id, 'undated'],
])

let server: SessionServer
beforeAll(async () => {
  server = await startSessionServer(SECRETS)
  await server.store([seed, nobody, plain, older, undated, sampleSession({ client_session_id: 'gone' })])
  await server.store([seed, nobody, plain, older, undated])
  const foreign = { ...seed, client_session_id: randomUUID(), workspace_id: OTHER_WORKSPACE }
  await server.store([foreign], OTHER_WORKSPACE)
})
afterAll(() => server.stop())

const named = (ids: readonly string[]) => ids.map((id) => names.get(id) ?? id)

/** Every example call of the seed page, every filter and the null ones, in all wire forms. */
const CALLS: [string, Record<string, string | boolean | null>, string[]][] = [
  ['nothing', {}, ['older', 'plain', 'nobody', 'seed', 'undated']],
  ['the seed page: client_session_id', { client_session_id: SEED_ID }, ['seed']],
  ['the seed page: user_identifier_key', { user_identifier_key: 'jane_doe' }, ['older', 'seed']],
  ['the seed page: connect_webview_id', { connect_webview_id: WEBVIEW }, ['older', 'seed']],
  ['the seed page: user_identity_id', { user_identity_id: IDENTITY }, ['older', 'nobody', 'seed']],
  ['the seed page: without_user_identifier_key', { without_user_identifier_key: true }, ['nobody']],
  [
    'without_user_identifier_key: false',
    { without_user_identifier_key: false },
    ['older', 'plain', 'nobody', 'seed', 'undated'],
  ],
  ['sessions without a webview', { connect_webview_id: null }, ['plain', 'nobody', 'undated']],
  ['sessions without an identity', { user_identity_id: null }, ['plain', 'undated']],
  ['without either', { user_identity_id: null, connect_webview_id: null }, ['plain', 'undated']],
  [
    'all that is there',
    {
      client_session_id: SEED_ID,
      user_identity_id: IDENTITY,
      user_identifier_key: 'jane_doe',
      connect_webview_id: WEBVIEW,
    },
    ['seed'],
  ],
  ['what contradicts itself', { user_identifier_key: 'jane_doe', without_user_identifier_key: true }, []],
  ['an id that is no UUID', { client_session_id: 'cst_1' }, []],
  ['an id in capitals', { client_session_id: SEED_ID.toUpperCase() }, ['seed']],
  ['a webview that is no UUID', { connect_webview_id: '{}' }, []],
  ['a key with a comma', { user_identifier_key: 'x,y' }, ['undated']],
  ['SQL', { user_identifier_key: "' or true --" }, []],
  ['a deleted session', { client_session_id: 'gone' }, []],
]

describe('/client_sessions/list', () => {
  test.each(CALLS)('lists %s by POST, by GET, and through the SDK', async (_title, params, expected) => {
    expect(named(await listedIds(await server.post('/client_sessions/list', params)))).toEqual(expected)

    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(params))
      query.append(name, value === null ? '' : String(value))
    expect(named(await listedIds(await server.get(`/client_sessions/list?${query.toString()}`)))).toEqual(
      expected,
    )
    query.append('_strict', 'true')
    expect(named(await listedIds(await server.get(`/client_sessions/list?${query.toString()}`)))).toEqual(
      expected,
    )

    const credential = server.credentialOf(keyCaller(['admin']))
    const seam = SeamHttp.fromApiKey(credential, { endpoint: server.url })
    const listed = await seam.clientSessions.list(params)
    expect(named(listed.map(({ client_session_id: id }) => id))).toEqual(expected)
  })

  test('an old SDK without arguments sends an empty form, and gets them all', async () => {
    const response = await fetch(`${server.url}/client_sessions/list`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.credentialOf(keyCaller(['admin']))}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    expect(await listedIds(response)).toHaveLength(5)
  })

  test.each([
    [{ client_session_id: '' }, 'client_session_id'],
    [{ client_session_id: null }, 'client_session_id'],
    [{ user_identifier_key: '' }, 'user_identifier_key'],
    [{ user_identity_id: '' }, 'user_identity_id'],
    [{ connect_webview_id: ['a'] }, 'connect_webview_id'],
    [{ without_user_identifier_key: 'yes' }, 'without_user_identifier_key'],
    [{ user_identifier_key: 'nul\0' }, 'user_identifier_key'],
  ])('refuses %j by its name', async (params, name) => {
    const response = await server.post('/client_sessions/list', params)
    expect(response.status).toBe(400)
    const error = await errorOf(response)
    expect(error.type).toBe('invalid_input')
    expect(error.validation_errors).toHaveProperty(name)
  })

  test('I10: a key sees its own workspace only', async () => {
    const other = server.credentialOf(keyCaller(['admin'], OTHER_WORKSPACE))
    const ids = await listedIds(
      await server.post('/client_sessions/list', { user_identifier_key: 'jane_doe' }, other),
    )
    expect(ids).toHaveLength(1)
    expect(names.has(ids[0] ?? '')).toBe(false)
    const foreign = await server.get(`/client_sessions/get?client_session_id=${SEED_ID}`, other)
    expect(foreign.status).toBe(404)
  })

  test('I10: a client session token is refused, whatever is asked with it', async () => {
    const token = server.credentialOf(sessionCaller({ ...seed }))
    for (const response of [
      await server.get('/client_sessions/list', token),
      await server.post('/client_sessions/list', { client_session_id: SEED_ID }, token),
      await server.post('/client_sessions/list', { client_session_id: 7 }, token),
    ]) {
      expect(response.status).toBe(401)
      expect((await errorOf(response)).type).toBe('unauthorized')
    }
  })

  test.each(['/client_sessions/list', '/client_sessions/get?user_identifier_key=jane_doe'])(
    'a key without the scope is told so: %s',
    async (path) => {
      const response = await server.get(path, server.credentialOf(keyCaller(['events:read', 'secrets:read'])))
      expect(response.status).toBe(403)
      expect(await errorOf(response)).toMatchObject({ type: 'insufficient_scope' })
    },
  )

  test('each filter has an index', async () => {
    const plans = await startSessionServer(SECRETS)
    try {
      await queryTest(
        plans.db,
        `insert into client_sessions (workspace_id, client_session_id, user_identifier_key, user_identity_ids, connect_webview_ids, created_at, body)
         select $1, 'id_' || i, 'key_' || i, array['identity_' || i], array['webview_' || i], now() - i * interval '1 s', '{}'
         from generate_series(1, 20000) i`,
        [WORKSPACE_ID],
      )
      await queryTest(plans.db, 'analyze client_sessions')
      const filters = [
        { clientSessionId: 'id_7' },
        { userIdentifierKey: 'key_7' },
        { userIdentityId: 'identity_7' },
        { connectWebviewId: 'webview_7' },
      ]
      for (const filter of filters) {
        const { text, values } = listClientSessionsSql({
          workspaceId: WORKSPACE_ID,
          filters: [filter],
          limit: 10_001,
        })
        const plan = await queryTest<Record<string, string>>(plans.db, `explain ${text}`, values)
        const lines = plan.map((row) => row['QUERY PLAN']).join('\n')
        expect(lines).toMatch(/Index Scan/)
        expect(lines).not.toMatch(/Seq Scan|by_time/)
      }
    } finally {
      await plans.stop()
    }
  })
})
