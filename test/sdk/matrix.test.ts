import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { queryTest } from '../support/query-test.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { clientOf, type Credential, GENERATIONS, type SdkRig, startSdkRig } from './sdk-rig.ts'

/* What the contract's checklist (16) asks for: the official SDKs of both generations, over real HTTP, unmodified. */

const SINCE = '2026-02-01T00:00:00Z'
const at = (second: number) => `2026-03-01T00:00:0${second}.000Z`
const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`

let rig: SdkRig
let events: ReturnType<typeof sampleEvent>[]

beforeAll(async () => {
  rig = await startSdkRig()
  const [account] = rig.session.connected_account_ids
  const common = { workspace_id: rig.seam.workspaceId, connected_account_id: id(8) }
  events = [
    sampleEvent({
      ...common,
      created_at: at(1),
      device_id: id(1),
      event_type: 'lock.locked',
      access_code_id: id(4),
    }),
    sampleEvent({
      ...common,
      created_at: at(2),
      device_id: id(2),
      event_type: 'lock.unlocked',
      acs_system_id: id(5),
    }),
    sampleEvent({
      ...common,
      created_at: at(3),
      device_id: id(3),
      event_type: 'device.connected',
      connect_webview_id: id(6),
    }),
    sampleEvent({
      ...common,
      created_at: at(4),
      device_id: id(1),
      connected_account_id: account,
      code: '135790',
    }),
  ]
  await rig.store(events)
})
afterAll(() => rig.stop())

describe.each(GENERATIONS)('the %s SDK', (generation) => {
  const seam = (credential?: Credential) => clientOf(rig, generation, credential)
  const listed = async (params: Record<string, unknown>) => {
    const all = await seam().events.list(params as { since: string })
    return all.map(({ event_id }) => events.findIndex((event) => event.event_id === event_id) + 1)
  }

  test.each<[string, Record<string, unknown>, number[]]>([
    ['since', { since: at(2) }, [4, 3]],
    ['since as a Date', { since: new Date(at(2)) }, [4, 3]],
    ['between', { between: [at(1), at(4)] }, [3, 2]],
    ['between as Dates', { between: [new Date(at(1)), new Date(at(4))] }, [3, 2]],
    ['limit', { since: SINCE, limit: 1 }, [4]],
    ['unstable_offset', { since: SINCE, unstable_offset: 3 }, [1]],
    ['event_type', { since: SINCE, event_type: 'lock.locked' }, [1]],
    ['event_types of one', { since: SINCE, event_types: ['lock.locked'] }, [1]],
    ['event_types of many', { since: SINCE, event_types: ['lock.locked', 'device.connected'] }, [3, 1]],
    ['event_types of none', { since: SINCE, event_types: [] }, []],
    ['device_id', { since: SINCE, device_id: id(1) }, [4, 1]],
    ['device_ids of one', { since: SINCE, device_ids: [id(2)] }, [2]],
    ['device_ids of many', { since: SINCE, device_ids: [id(2), id(3)] }, [3, 2]],
    ['device_ids of none', { since: SINCE, device_ids: [] }, []],
    ['access_code_id', { since: SINCE, access_code_id: id(4) }, [1]],
    ['access_code_ids', { since: SINCE, access_code_ids: [id(4)] }, [1]],
    ['acs_system_id', { since: SINCE, acs_system_id: id(5) }, [2]],
    ['acs_system_ids', { since: SINCE, acs_system_ids: [id(5), id(6)] }, [2]],
    ['connected_account_id', { since: SINCE, connected_account_id: id(8) }, [3, 2, 1]],
    ['connect_webview_id', { since: SINCE, connect_webview_id: id(6) }, [3]],
    ['an absent parameter', { since: SINCE, device_id: undefined, limit: 1 }, [4]],
  ])('lists events by %s', async (_title, params, expected) => {
    expect(await listed(params)).toEqual(expected)
  })

  test('lists events by event_ids, several hundred in one call', async () => {
    const ids = [
      ...Array.from({ length: 500 }, () => crypto.randomUUID()),
      ...events.map((event) => event.event_id),
    ]
    expect(await listed({ since: SINCE, event_ids: ids })).toEqual([4, 3, 2, 1])
  })

  test('gets an event, with its PIN for a key that may see it', async () => {
    expect(await seam().events.get({ event_id: events[3]?.event_id as string })).toEqual(
      expect.objectContaining({ event_id: events[3]?.event_id }),
    )
  })

  test.each<Credential>(['API key', 'access token', 'client session token'])(
    'is let in with the %s',
    async (credential) => {
      const workspace = await seam(credential).workspaces.get()
      expect(workspace.workspace_id).toBe(rig.seam.workspaceId)
      const all = await seam(credential).events.list({ since: SINCE })
      expect(all.map(({ event_id }) => event_id)).toContain(events[3]?.event_id)
      expect(all).toHaveLength(credential === 'client session token' ? 1 : 4)
    },
  )

  test('lists client sessions: without arguments, and by each filter', async () => {
    const upstream = rig.seam.hotel.clientSessions
    const ids = async (params?: Record<string, unknown>) => {
      const sessions = await seam().clientSessions.list(params)
      return sessions.map((session) => session.client_session_id).toSorted()
    }
    const expected = (matches: (session: (typeof upstream)[number]) => boolean) =>
      upstream
        .filter(matches)
        .map((session) => session.client_session_id)
        .toSorted()
    const [first] = upstream
    const webview = upstream.find((session) => session.connect_webview_ids.length > 0)?.connect_webview_ids[0]
    expect(await ids()).toEqual(expected(() => true))
    expect(await ids({ client_session_id: first?.client_session_id })).toEqual([first?.client_session_id])
    expect(await ids({ user_identifier_key: first?.user_identifier_key ?? 'nobody' })).toEqual(
      expected((session) => session.user_identifier_key === (first?.user_identifier_key ?? 'nobody')),
    )
    expect(await ids({ without_user_identifier_key: true })).toEqual(
      expected((session) => session.user_identifier_key === null),
    )
    expect(await ids({ connect_webview_id: webview })).toEqual(
      expected((session) => session.connect_webview_ids.includes(webview ?? '')),
    )
    expect(await ids({ connect_webview_id: null })).toEqual(
      expected((session) => session.connect_webview_ids.length === 0),
    )
    expect(await ids({ user_identity_id: null })).toEqual(expected((session) => !session.user_identity_id))
  })

  test('gets a client session by id with its token, and with the session token and no arguments its own', async () => {
    const { client_session_id, token } = rig.session
    expect(await seam().clientSessions.get({ client_session_id })).toMatchObject({ client_session_id, token })
    expect(await seam('client session token').clientSessions.get()).toMatchObject({
      client_session_id,
      token,
    })
  })

  test('gets a typed error for each thing that can be wrong, with the request id', async () => {
    const failed = async (call: () => Promise<unknown>) =>
      call().then(
        () => null,
        (error: Error & { code: string; statusCode: number; requestId: string }) => error,
      )
    const uuid = /^[0-9a-f-]{36}$/
    const bad = await failed(() => seam().events.list({ since: 'yesterday' }))
    expect(bad).toMatchObject({ name: 'SeamHttpInvalidInputError', code: 'invalid_input', statusCode: 400 })
    expect(bad?.requestId).toMatch(uuid)
    const messages = (
      bad as unknown as { getValidationErrorMessages(name: string): string[] }
    ).getValidationErrorMessages('since')
    expect(messages).toEqual(['Must be parsable date string if defined (such as 2026-01-31T00:00:00Z)'])
    const missing = await failed(() => seam().events.get({ event_id: crypto.randomUUID() }))
    expect(missing).toMatchObject({ name: 'SeamHttpApiError', code: 'event_not_found', statusCode: 404 })
    expect(missing?.requestId).toMatch(uuid)
    const stranger = await failed(() =>
      clientOf({ ...rig, apiKey: anotherKey(rig.apiKey) }, generation).workspaces.get(),
    )
    expect(stranger).toMatchObject({
      name: 'SeamHttpUnauthorizedError',
      code: 'unauthorized',
      statusCode: 401,
    })
    expect(stranger?.requestId).toMatch(uuid)
  })
})

describe.each(GENERATIONS)('the %s SDK, when the service says no', (generation) => {
  const failed = (call: Promise<unknown>) =>
    call.then(
      () => null,
      (error: unknown) => error,
    )

  test('gets 503 as an API error with its request id', async () => {
    await queryTest(rig.app.db, 'alter table events rename to events_away')
    try {
      const error = await failed(
        clientOf(rig, generation, 'API key', { retries: 0 }).events.list({ since: SINCE }),
      )
      expect(error).toMatchObject({ name: 'SeamHttpApiError', statusCode: 503, code: 'service_unavailable' })
      expect(error).toHaveProperty('requestId', expect.stringMatching(/^[0-9a-f-]{36}$/))
    } finally {
      await queryTest(rig.app.db, 'alter table events_away rename to events')
    }
  })

  test('gets 429 as an API error when too many wrong keys come from its address', async () => {
    const hangUp = new AbortController()
    const options = { retries: 0, signal: hangUp.signal }
    const stranger = clientOf({ ...rig, apiKey: 'seam_mirror1wrong' }, generation, 'API key', options)
    const calls = Array.from({ length: 40 }, () => failed(stranger.workspaces.get()))
    // The brake holds the first of them back for up to 18 seconds in all: the answer to a later one is what counts here.
    const isTooMany = (error: unknown) => (error as { statusCode?: number }).statusCode === 429
    const tooMany = calls.map(async (call) => {
      const error = await call
      return isTooMany(error) ? error : Promise.reject(error)
    })
    expect(await Promise.any(tooMany)).toMatchObject({ name: 'SeamHttpApiError', code: 'too_many_requests' })
    hangUp.abort()
    await Promise.all(calls)
  })
})

test('the old SDK pages through events with its own paginator', async () => {
  const seam = clientOf(rig, '1.x')
  const pages = seam.createPaginator(seam.events.list({ since: SINCE, limit: 3 }) as never)
  const all = (await pages.flattenToArray()) as { event_id: string }[]
  expect(all.map(({ event_id }) => event_id)).toEqual(events.map(({ event_id }) => event_id).toReversed())
})

test('the newest SDK pages through events with fetchResponse()', async () => {
  const seam = clientOf(rig, 'newest')
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const request = seam.events.list({
      since: SINCE,
      limit: 3,
      ...(cursor !== null && { page_cursor: cursor }),
    })
    const body = (await request.fetchResponse()) as unknown as {
      events: { event_id: string }[]
      pagination: { next_page_cursor: string | null }
    }
    ids.push(...body.events.map(({ event_id }) => event_id))
    cursor = body.pagination.next_page_cursor
  } while (cursor !== null)
  expect(ids).toEqual(events.map(({ event_id }) => event_id).toReversed())
})

/** A key's last character is random: any fixed one would be the right one once in 58 runs. */
function anotherKey(key: string): string {
  return key.slice(0, -1) + (key.endsWith('x') ? 'y' : 'x')
}
