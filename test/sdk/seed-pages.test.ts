import { SeamHttp } from '@seamapi/http'
import { SeamHttp as SeamHttp1 } from 'seam-http-1'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issueKey } from '../../src/access/issue-key.ts'
import { sliceArray } from '../../src/seam/slice-array.ts'
import { startSimulatedSeam, type SimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { errorOf } from '../http/serve.ts'
import { deliver } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, NEVER, startTestApp, type TestApp } from '../support/start-test-app.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { GENERATIONS, type Generation } from './sdk-rig.ts'

/* Every example of the two pages of Seam's documentation that this project was made from, with the values that stand there. */

const sdkOf = (generation: Generation) => (generation === 'newest' ? SeamHttp : SeamHttp1) as typeof SeamHttp

/** What curl does with the page's command: a POST of this JSON. */
function curl(
  app: TestApp,
  path: string,
  token: string,
  body: object,
  headers: object = {},
): Promise<Response> {
  return fetch(app.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

describe('the page "List Events"', () => {
  const WORKSPACE = 'f97073eb-c003-467a-965b-e6dba3a0131d'
  const lowBattery = (event_id: string, created_at: string, device_id: string) => ({
    event_id,
    event_type: 'device.low_battery',
    created_at,
    device_id,
    workspace_id: WORKSPACE,
    battery_level: 0.48,
  })
  const connected = (event_id: string, created_at: string, device_id: string) => ({
    event_id,
    event_type: 'device.connected',
    created_at,
    device_id,
    workspace_id: WORKSPACE,
  })
  const [D1, D2, D3] = [
    'a83690b2-2b70-409a-9a94-426699b84c97',
    'a3f30bd2-f6d7-4bad-ba89-1bad3bf1bce4',
    '65803a1c-866b-45ed-94d5-496b40e4cc4d',
  ]
  /** The page's sample response. */
  const SAMPLE = [
    lowBattery('87b2dcda-90ff-4602-8ccc-efb2f4a3d7c2', '2022-08-24T11:23:49.459Z', D1),
    lowBattery('2fc8d1bc-7b4d-4960-9aa4-7e6bf5dc5848', '2022-08-24T11:23:49.335Z', D2),
    lowBattery('c99b497b-5ff6-4658-854a-4ee694d35355', '2022-08-24T11:23:49.150Z', D3),
    connected('e52e2527-c905-43e5-b84a-87122b64cdda', '2022-08-24T11:14:37.119Z', D1),
    connected('5d9dce4c-9119-4888-acd6-42044c9740b0', '2022-08-24T11:14:36.981Z', D2),
    connected('fea998c1-e2c7-454d-9173-8a85726aff75', '2022-08-24T11:14:36.796Z', D3),
  ]

  let database: TestDatabase
  let app: TestApp
  beforeAll(async () => {
    database = await createTestDatabase()
    app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: WORKSPACE })
    // Webhooks come in any order.
    for (const event of [3, 0, 5, 2, 1, 4].map((i) => SAMPLE[i] ?? {})) await deliver(app.url, event)
  })
  afterAll(async () => {
    await app.stop()
    await database.drop()
  })

  test('the sample response: events without occurred_at are stored and served with the same members in the same order', async () => {
    const response = await curl(app, '/events/list', MIRROR_API_KEY, { since: '2022-01-01T00:00:00Z' })
    expect(response.status).toBe(200)
    const text = await response.text()
    expect(sliceArray(text, 'events')).toEqual(SAMPLE.map((event) => JSON.stringify(event)))
    expect(JSON.parse(text)).toMatchObject({ events: SAMPLE, ok: true })
  })

  test.each(GENERATIONS)('the sample request with a time filter, by the %s SDK', async (generation) => {
    const seam = sdkOf(generation).fromApiKey(MIRROR_API_KEY, { endpoint: app.url })
    expect(await seam.events.list({ since: '2022-08-24' })).toEqual(SAMPLE)
    // Its own commented answer is the two newest.
    expect(await seam.events.list({ since: '2022-08-24', limit: 2 })).toEqual(SAMPLE.slice(0, 2))
    const between: [string, string] = ['2022-08-24T11:14:36.796Z', '2022-08-24T11:23:49.459Z']
    expect(await seam.events.list({ between })).toEqual(SAMPLE.slice(1, 5))
    expect(await seam.events.list({ since: '2022-08-24', event_type: 'device.connected' })).toEqual(
      SAMPLE.slice(3),
    )
    expect(await seam.events.list({ since: '2022-08-24', device_id: D1 })).toEqual([SAMPLE[0], SAMPLE[3]])
    expect(await seam.events.list({ since: '2022-08-24', device_ids: [D2, D3] })).toHaveLength(4)
  })

  async function withoutArguments(generation: Generation): Promise<unknown> {
    const { events } = sdkOf(generation).fromApiKey(MIRROR_API_KEY, { endpoint: app.url })
    try {
      // @ts-expect-error -- The page has no arguments here, the SDKs' types want some.
      return await events.list()
    } catch (error) {
      return error
    }
  }

  test('the sample request as it stands, without arguments: the old SDK is told what is missing', async () => {
    const error = await withoutArguments('1.x')
    expect(error).toMatchObject({
      name: 'SeamHttpInvalidInputError',
      code: 'invalid_input',
      statusCode: 400,
      message: expect.stringContaining('Must specify either since or between') as string,
    })
  })

  test('the same by the newest SDK, which refuses by itself, and by GET', async () => {
    expect(await withoutArguments('newest')).toMatchObject({
      name: 'TypeError',
      message: 'Parameters are required for /events/list',
    })
    for (const query of ['', '?_strict=true']) {
      const response = await fetch(`${app.url}/events/list${query}`, {
        headers: { authorization: `Bearer ${MIRROR_API_KEY}` },
      })
      expect(response.status).toBe(400)
      expect((await errorOf(response)).message).toBe('Must specify either since or between')
    }
  })

  test('the sample request as the old SDK sends it: a POST with an empty form', async () => {
    const response = await fetch(`${app.url}/events/list`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${MIRROR_API_KEY}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: '',
    })
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({
      type: 'invalid_input',
      message: 'Must specify either since or between',
      validation_errors: { _errors: ['Must specify either since or between'] },
    })
  })
})

/** From here on, in the workspace of the page of client sessions. */
const WORKSPACE = 'b887bf84-9849-4454-a562-cf84293d9781'
/** The placeholder of all ids in the events page's curl. */
const ID = '123e4567-e89b-12d3-a456-426614174000'

const JANE = {
  client_session_id: 'a083ce0f-8b03-4081-ac9a-1ad2ce6aaabc',
  connect_webview_ids: ['e0f522d4-a7b6-4f65-ba90-11cde67a893a'],
  connected_account_ids: ['c35ecf64-474a-466a-95a6-7b35cb4c8bb4'],
  created_at: '2025-06-15T16:54:17.946309Z',
  customer_id: 'e387e15f-be27-47ad-881f-4a6fc5460c57',
  device_count: 1,
  expires_at: '2025-06-18T06:10:42.000Z',
  token: 'seam_cst1891oqCmD_6dBwV8PJ2Fsoe9dWYVyMfVHq',
  user_identifier_key: 'jane_doe',
  user_identity_id: 'b4ce8233-3b35-4d2d-82ec-d48513684f0a',
  workspace_id: WORKSPACE,
}
/** The same session as the page's last example shows it. */
const NAMELESS = { ...JANE, user_identifier_key: null }
/** From "Response". */
const RESPONSE = {
  client_session_id: 'c2cbd177-1ace-414b-bb1e-9f129e4a05c1',
  connect_webview_ids: ['550e8400-e29b-41d4-a716-446655440000'],
  connected_account_ids: ['f47ac10b-58cc-4372-a567-0e02b2c3d479'],
  created_at: '2025-06-15T16:54:17.946309Z',
  customer_id: '77eccc4e-c8bc-4c7d-b83c-cb853ed3bade',
  device_count: 1,
  expires_at: '2025-06-17T16:54:17.946309Z',
  token: 'seam_cst1891oqCmB_6dBwV8PJ2Fsoe9dWYVyMfVHq',
  user_identifier_key: 'user_id_1',
  user_identity_id: 'a6e93f84-565e-47d7-8908-1ca71ada373c',
  user_identity_ids: ['a6e93f84-565e-47d7-8908-1ca71ada373c'],
  workspace_id: WORKSPACE,
}
/** Ours: still valid, and of the account and webview of the curl. */
const LIVE = {
  client_session_id: 'd0d0d0d0-0000-4000-8000-000000000001',
  connect_webview_ids: [ID],
  connected_account_ids: [ID],
  created_at: '2024-01-01T00:00:00.000Z',
  device_count: 1,
  expires_at: '2125-01-01T00:00:00.000Z',
  token: 'seam_cst1liveLIVE_6dBwV8PJ2Fsoe9dWYVyMfVHq',
  user_identifier_key: 'somebody_else',
  workspace_id: WORKSPACE,
}

describe('with the client sessions of the pages', () => {
  let database: TestDatabase
  let seam: SimulatedSeam
  let app: TestApp
  let apiKey: string
  let accessToken: string

  async function listUpstream(...sessions: object[]): Promise<void> {
    const { clientSessions } = seam.hotel
    clientSessions.splice(0, clientSessions.length, ...(sessions as typeof clientSessions))
    await app.sessionSyncs[0]?.syncNow()
    const problem = app.sessionSyncs[0]?.status().lastError
    if (problem) throw new Error(problem)
  }

  beforeAll(async () => {
    database = await createTestDatabase()
    seam = await startSimulatedSeam({ workspaceId: WORKSPACE })
    app = await startTestApp(database.url, {
      SEAM_ENDPOINT: seam.url,
      SEAM_API_KEY: seam.apiKey,
      SEAM_MIRROR_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
      SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE: NEVER,
    })
    await app.pollers[0]?.pollNow()
    const common = { name: 'seed', workspaceIds: [WORKSPACE], expires: null, now: new Date() }
    const scopes = ['events:read', 'client_sessions:read', 'secrets:read']
    apiKey = (await issueKey(app.db, { ...common, kind: 'api_key', scopes })).key
    accessToken = (await issueKey(app.db, { ...common, kind: 'access_token', scopes })).key
    await listUpstream(LIVE, RESPONSE, JANE)
  })
  afterAll(async () => {
    await app.stop()
    await seam.stop()
    await database.drop()
  })

  const clients: [string, (sdk: typeof SeamHttp) => SeamHttp][] = [
    ['API key', (sdk) => sdk.fromApiKey(apiKey, { endpoint: app.url })],
    [
      'personal access token',
      (sdk) => sdk.fromPersonalAccessToken(accessToken, WORKSPACE, { endpoint: app.url }),
    ],
  ]
  const asked = clients.flatMap(([credential, open]) =>
    GENERATIONS.map((generation) => ({ generation, credential, open: () => open(sdkOf(generation)) })),
  )

  describe.each(asked)(
    'the page "List Client Sessions", by the $generation SDK with the $credential',
    ({ open }) => {
      test.each<[string, Record<string, string | boolean>, object[]]>([
        ['for a client session ID', { client_session_id: JANE.client_session_id }, [JANE]],
        ['for a user identifier key', { user_identifier_key: 'jane_doe' }, [JANE]],
        ['for a Connect Webview ID', { connect_webview_id: 'e0f522d4-a7b6-4f65-ba90-11cde67a893a' }, [JANE]],
        ['for a user identity ID', { user_identity_id: 'b4ce8233-3b35-4d2d-82ec-d48513684f0a' }, [JANE]],
        ['without a user identifier key, when each has one', { without_user_identifier_key: true }, []],
        ['of the response', { user_identity_id: 'a6e93f84-565e-47d7-8908-1ca71ada373c' }, [RESPONSE]],
        ['at all', {}, [JANE, RESPONSE, LIVE]],
      ])('lists the client sessions %s', async (_title, params, expected) => {
        expect(await open().clientSessions.list(params)).toEqual(expected)
      })
    },
  )

  test('the examples as raw requests, by POST and by GET, byte for byte what Seam lists', async () => {
    const examples = [
      { client_session_id: JANE.client_session_id },
      { user_identifier_key: 'jane_doe' },
      { connect_webview_id: 'e0f522d4-a7b6-4f65-ba90-11cde67a893a' },
      { user_identity_id: 'b4ce8233-3b35-4d2d-82ec-d48513684f0a' },
    ]
    for (const params of examples) {
      const query = new URLSearchParams(params as Record<string, string>)
      const answers = [
        await curl(app, '/client_sessions/list', apiKey, params),
        await curl(app, '/client_sessions/list', accessToken, params, { 'seam-workspace': WORKSPACE }),
        await fetch(`${app.url}/client_sessions/list?${query.toString()}`, {
          headers: { authorization: `Bearer ${apiKey}` },
        }),
      ]
      for (const response of answers) {
        expect(response.status).toBe(200)
        const text = await response.text()
        expect(sliceArray(text, 'client_sessions')).toEqual([JSON.stringify(JANE)])
        expect(JSON.parse(text)).toMatchObject({ ok: true })
      }
    }
  })

  test('the authentication methods: a personal access token needs seam-workspace, a client session token is refused', async () => {
    const nameless = await curl(app, '/client_sessions/list', accessToken, {})
    expect(nameless.status).toBe(400)
    expect(await errorOf(nameless)).toMatchObject({ type: 'missing_workspace_id' })
    const session = await curl(app, '/client_sessions/list', LIVE.token, {})
    expect(session.status).toBe(401)
    expect((await curl(app, '/client_sessions/list', JANE.token, {})).status).toBe(401)
    expect((await curl(app, '/workspaces/get', apiKey, {})).status).toBe(200)
  })

  test('the last example: the session without a user identifier key', async () => {
    await listUpstream(LIVE, RESPONSE, NAMELESS)
    try {
      for (const { open } of asked)
        expect(await open().clientSessions.list({ without_user_identifier_key: true })).toEqual([NAMELESS])
      const params = { without_user_identifier_key: true }
      const response = await curl(app, '/client_sessions/list', apiKey, params)
      expect(sliceArray(await response.text(), 'client_sessions')).toEqual([JSON.stringify(NAMELESS)])
    } finally {
      await listUpstream(LIVE, RESPONSE, JANE)
    }
  })

  describe('the curl of the page "List Events", with a client session token', () => {
    /** The events that all its filters match, newest first; the page's own response has not all of these ids. */
    const matching = [3, 2, 1].map((n) => ({
      event_id: n === 1 ? ID : `123e4567-e89b-12d3-a456-42661417400${n}`,
      workspace_id: WORKSPACE,
      created_at: `2025-04-04T19:17:1${n}.265Z`,
      occurred_at: `2025-04-04T19:17:1${n}.265Z`,
      access_code_id: ID,
      device_id: ID,
      connected_account_id: ID,
      connect_webview_id: ID,
      acs_system_id: ID,
      event_type: 'access_code.created',
    }))
    /** The page's response, in our workspace. */
    const sample = {
      event_id: '223e4567-e89b-12d3-a456-426614174000',
      workspace_id: WORKSPACE,
      created_at: '2025-04-04T19:17:19.265Z',
      occurred_at: '2025-04-04T19:17:19.265Z',
      access_code_id: ID,
      device_id: ID,
      connected_account_id: ID,
      event_type: 'access_code.created',
    }
    /** The same, of an account that is not the session's. */
    const foreign = { ...sample, event_id: crypto.randomUUID(), connected_account_id: JANE.client_session_id }
    /** The page's body without its two time filters, of which a request must have one. */
    const BODY = {
      unstable_offset: 1,
      device_id: ID,
      device_ids: [ID],
      acs_system_id: ID,
      acs_system_ids: [ID],
      access_code_id: ID,
      access_code_ids: [ID],
      event_type: 'access_code.created',
      event_types: ['access_code.created'],
      connected_account_id: ID,
      connect_webview_id: ID,
      limit: 1,
      event_ids: matching.map((event) => event.event_id),
    }
    const SINCE = '2025-04-01T00:00:00.000Z'
    const list = (body: object) => curl(app, '/events/list', LIVE.token, body)
    const eventsOf = async (response: Response) => {
      expect(response.status).toBe(200)
      return sliceArray(await response.text(), 'events')
    }

    beforeAll(async () => {
      for (const event of [sample, foreign, ...matching]) await deliver(app.url, event)
    })

    test('with since: all filters apply, the offset skips the newest, the limit leaves one', async () => {
      expect(await eventsOf(await list({ since: SINCE, ...BODY }))).toEqual([JSON.stringify(matching[1])])
      const oldest = await list({ since: SINCE, ...BODY, unstable_offset: 0, event_ids: [ID] })
      expect(await eventsOf(oldest)).toEqual([JSON.stringify(matching[2])])
    })

    test('with between, which excludes both of its bounds', async () => {
      const [newest, middle, oldest] = matching.map((event) => event.created_at)
      const between = [oldest, newest]
      const response = await list({ between, ...BODY, unstable_offset: 0, limit: 10 })
      expect(await eventsOf(response)).toEqual([
        JSON.stringify(matching.find((e) => e.created_at === middle)),
      ])
    })

    test('with each filter in turn pointing elsewhere nothing is found: every one of them counts', async () => {
      const elsewhere = 'ffffffff-e89b-12d3-a456-426614174000'
      for (const [name, value] of Object.entries(BODY)) {
        if (typeof value === 'number') continue
        const other = name.startsWith('event_type') ? 'lock.unlocked' : elsewhere
        const changed = { ...BODY, unstable_offset: 0, [name]: Array.isArray(value) ? [other] : other }
        expect(await eventsOf(await list({ since: SINCE, ...changed })), `by ${name}`).toEqual([])
      }
    })

    test('its response: the event with its members in their order, and none of another account', async () => {
      const { unstable_offset: _o, limit: _l, event_ids: _e, acs_system_id: _a, acs_system_ids: _s, ...body } = BODY // prettier-ignore
      const { connect_webview_id: _w, connected_account_id: _c, ...filters } = body
      const response = await list({ since: SINCE, ...filters })
      const own = [sample, ...matching].map((event) => JSON.stringify(event))
      expect(await eventsOf(response)).toEqual(own)
      for (const generation of GENERATIONS) {
        const client = sdkOf(generation).fromClientSessionToken(LIVE.token, { endpoint: app.url })
        expect(await client.events.list({ since: SINCE, ...filters } as never)).toEqual([sample, ...matching])
      }
    })

    test('word for word it is refused: two time filters at once, and text for instants', async () => {
      const response = await list({ ...BODY, since: 'text', between: ['text'], event_ids: [ID] })
      expect(response.status).toBe(400)
      expect(await errorOf(response)).toMatchObject({ type: 'invalid_input' })
      const both = await list({ ...BODY, since: SINCE, between: [SINCE, '2026-01-01T00:00:00Z'] })
      expect(both.status).toBe(400)
    })

    test("with the other page's token it is refused: that session has expired", async () => {
      const response = await curl(app, '/events/list', JANE.token, { since: SINCE })
      expect(response.status).toBe(401)
    })
  })
})
