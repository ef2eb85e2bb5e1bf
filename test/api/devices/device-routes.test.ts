import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { foldWorkspace } from '../../../src/folds/fold-workspace.ts'
import { runSql } from '../../../src/postgres/open-database.ts'
import { sql } from '../../../src/postgres/sql.ts'
import { saveNames } from '../../../src/store/names/save-names.ts'
import { A, type AccessServer, startAccessServer } from '../../access/access-server.ts'
import { errorOf } from '../../http/serve.ts'

const id = (kind: string, n: number) => `${kind.repeat(8)}-0000-4000-8000-${String(n).padStart(12, '0')}`
const LOCK = id('d', 1)
const DOORBELL = id('d', 2)
const NEW = id('d', 3)
const ACCOUNT = id('c', 1)
const OTHER_ACCOUNT = id('c', 2)
const SPACE = id('b', 1)
const CODE = id('a', 1)

let server: AccessServer
let key: { authorization: string }

const time = (seconds: number) => new Date(Date.UTC(2026, 5, 15) + seconds * 1000).toISOString()

function event(n: number, event_type: string, seconds: number, fields: Record<string, unknown>) {
  return { event_id: id('e', n), event_type, workspace_id: A, created_at: time(seconds), ...fields }
}

beforeAll(async () => {
  server = await startAccessServer()
  key = { authorization: `Bearer ${await server.issue({})}` }
  const lock = { device_id: LOCK, connected_account_id: ACCOUNT }
  await server.store(A, [
    event(1, 'device.connected', 0, lock),
    event(2, 'device.disconnected', 100, { ...lock, error_code: 'hub_disconnected', occurred_at: time(97) }),
    event(3, 'device.disconnected', 200, { ...lock, error_code: 'account_disconnected' }),
    event(4, 'device.battery_status_changed', 50, { ...lock, battery_level: 0.25, battery_status: 'low' }),
    event(5, 'lock.unlocked', 60, { ...lock, method: 'keycode', access_code_id: CODE, code: '4931' }),
    event(6, 'device.doorbell_rang', 150, { device_id: DOORBELL, connected_account_id: OTHER_ACCOUNT }),
  ])
  await saveNames(server.db, { workspaceId: A, kind: 'device', askedAt: time(0) }, [
    named(LOCK, 'Room 204', ACCOUNT, [SPACE]),
    named(NEW, 'Garage', OTHER_ACCOUNT, []),
  ])
})
afterAll(() => server.stop())

function named(deviceId: string, name: string, connectedAccountId: string, spaceIds: string[]) {
  const nothing = { deviceType: null, manufacturer: null, deviceId: null, customMetadata: null }
  return { id: deviceId, name, connectedAccountId, spaceIds, ...nothing }
}

interface Answer {
  devices: { device_id: string; name: string | null; connection: { state: string } }[]
  pagination: { has_next_page: boolean; next_page_cursor: string | null; next_page_url: null }
  completeness: { from: string | null; until: string | null; is_complete: boolean }
  ok: true
}

async function list(body: object = {}, headers: Record<string, string> = key): Promise<Answer> {
  const response = await server.ask(headers, '/v1/devices/list', body)
  expect(response.status).toBe(200)
  return (await response.json()) as Answer
}

const idsOf = ({ devices }: Answer) => devices.map((device) => device.device_id)

const lockNow = {
  device_id: LOCK,
  name: 'Room 204',
  connected_account_id: ACCOUNT,
  connection: {
    state: 'disconnected',
    since: '2026-06-15T00:01:40.000000Z',
    cause: 'hub_disconnected',
    occurred_at: '2026-06-15T00:01:37.000000Z',
    event_id: id('e', 2),
  },
  battery: {
    level: 0.25,
    status: 'low',
    at: '2026-06-15T00:00:50.000000Z',
    occurred_at: null,
    event_id: id('e', 4),
  },
  lock: {
    state: 'unlocked',
    at: '2026-06-15T00:01:00.000000Z',
    method: 'keycode',
    access_code_id: CODE,
    user_identity_id: null,
    occurred_at: null,
    event_id: id('e', 5),
  },
  last_event: {
    event_id: id('e', 3),
    event_type: 'device.disconnected',
    created_at: '2026-06-15T00:03:20.000000Z',
    occurred_at: null,
  },
  removed_at: null,
}

const unknownConnection = { state: 'unknown', since: null, cause: null, occurred_at: null, event_id: null }

describe('/v1/devices/list', () => {
  test('says what events tell of each device, before and after they are folded; what no event told is unknown or null', async () => {
    const expected = [
      lockNow,
      {
        device_id: DOORBELL,
        name: null,
        connected_account_id: OTHER_ACCOUNT,
        connection: unknownConnection,
        battery: null,
        lock: null,
        last_event: {
          event_id: id('e', 6),
          event_type: 'device.doorbell_rang',
          created_at: '2026-06-15T00:02:30.000000Z',
          occurred_at: null,
        },
        removed_at: null,
      },
      {
        device_id: NEW,
        name: 'Garage',
        connected_account_id: OTHER_ACCOUNT,
        connection: unknownConnection,
        battery: null,
        lock: null,
        last_event: null,
        removed_at: null,
      },
    ]
    expect((await list()).devices).toEqual(expected)
    await expect.poll(foldAll, { timeout: 60_000 }).toBe(6)
    expect((await list()).devices).toEqual(expected)
  })

  test('shows the state at any instant, inclusive, whatever came later', async () => {
    const connectionAt = async (at: string) => (await list({ device_ids: [LOCK], at })).devices[0]?.connection
    expect(await connectionAt('2026-06-14T23:59:59Z')).toEqual(unknownConnection)
    expect(await connectionAt(time(99))).toMatchObject({
      state: 'connected',
      since: '2026-06-15T00:00:00.000000Z',
    })
    expect(await connectionAt(time(100))).toMatchObject({ state: 'disconnected', cause: 'hub_disconnected' })
  })

  test('filters by state, account, space, and a part of the name or the id', async () => {
    expect(idsOf(await list({ connection: 'disconnected' }))).toEqual([LOCK])
    expect(idsOf(await list({ connection: 'unknown' }))).toEqual([DOORBELL, NEW])
    expect(idsOf(await list({ battery: 'low' }))).toEqual([LOCK])
    expect(idsOf(await list({ connected_account_id: OTHER_ACCOUNT }))).toEqual([DOORBELL, NEW])
    expect(idsOf(await list({ space_id: SPACE }))).toEqual([LOCK])
    expect(idsOf(await list({ q: 'room 2' }))).toEqual([LOCK])
    expect(idsOf(await list({ q: DOORBELL }))).toEqual([DOORBELL])
    expect(idsOf(await list({ is_removed: true }))).toEqual([])
  })

  test('has pages', async () => {
    const first = await list({ limit: 2 })
    expect(idsOf(first)).toEqual([LOCK, DOORBELL])
    const second = await list({ limit: 2, page_cursor: first.pagination.next_page_cursor })
    expect([idsOf(second), second.pagination]).toEqual([
      [NEW],
      { has_next_page: false, next_page_cursor: null, next_page_url: null },
    ])
    const foreign = await server.ask(key, '/v1/devices/list', {
      order: 'asc',
      page_cursor: first.pagination.next_page_cursor,
    })
    expect((await errorOf(foreign)).validation_errors).toHaveProperty('page_cursor')
  })

  test('I15: is complete only for time that is proven', async () => {
    expect((await list()).completeness).toEqual({ from: null, until: null, is_complete: false })
    await runSql(
      server.db,
      sql`insert into coverage (workspace_id, ranges) values (${A}, ${`{[${time(-100)},${time(0)}),[${time(10)},${time(120)})}`})`,
    )
    const proven = { from: '2026-06-15T00:00:10.000000Z', until: '2026-06-15T00:02:00.000000Z' }
    expect((await list()).completeness).toEqual({ ...proven, is_complete: true })
    expect((await list({ at: time(119) })).completeness).toEqual({ ...proven, is_complete: true })
    expect((await list({ at: time(5) })).completeness).toEqual({ ...proven, is_complete: false })
    expect((await list({ at: time(120) })).completeness).toEqual({ ...proven, is_complete: false })
  })

  test.each([
    ['connection', 'gone'],
    ['order', 'up'],
    ['at', 'yesterday'],
    ['device_ids', ['room 204']],
    ['connected_account_id', 'mine'],
    ['limit', 0],
  ])('says which parameter is wrong: %s', async (name, value) => {
    const response = await server.ask(key, '/v1/devices/list', { [name]: value })
    expect(response.status).toBe(400)
    expect((await errorOf(response)).validation_errors).toHaveProperty(name)
  })

  test('refuses parameters that it does not have', async () => {
    const response = await server.ask(key, '/v1/devices/list', { colour: 'red' })
    expect([response.status, (await errorOf(response)).message]).toEqual([
      400,
      expect.stringContaining('colour'),
    ])
  })
})

describe('/v1/devices/get', () => {
  const get = (body: object, headers: Record<string, string> = key) =>
    server.ask(headers, '/v1/devices/get', body)

  test('shows one device', async () => {
    const response = await get({ device_id: LOCK })
    expect(await response.json()).toMatchObject({ device: lockNow, completeness: {}, ok: true })
    expect((await errorOf(await get({}))).validation_errors).toHaveProperty('device_id')
  })

  test('I10: a client session finds the devices of its accounts, and nobody finds what there is not', async () => {
    const token = 'seam_cst1session1_xxxxxxxxxxxxxxxxxxxxxxxx'
    await server.addSession({
      workspaceId: A,
      clientSessionId: id('9', 1),
      token,
      connectedAccountIds: [OTHER_ACCOUNT],
      connectWebviewIds: [],
    })
    const session = { authorization: `Bearer ${token}` }
    expect(idsOf(await list({}, session))).toEqual([DOORBELL, NEW])
    expect(idsOf(await list({ connected_account_id: ACCOUNT }, session))).toEqual([])
    expect((await get({ device_id: DOORBELL }, session)).status).toBe(200)
    const hidden = await get({ device_id: LOCK }, session)
    expect([hidden.status, (await errorOf(hidden)).type]).toEqual([404, 'device_not_found'])
    expect((await get({ device_id: id('d', 99) })).status).toBe(404)
    const other = await server.issue({ scopes: ['client_sessions:read'] })
    expect((await get({ device_id: LOCK }, { authorization: `Bearer ${other}` })).status).toBe(403)
  })
})

describe('/v1/devices/outages', () => {
  const ask = (body: object, headers: Record<string, string> = key) =>
    server.ask(headers, '/v1/devices/outages', body)

  const outage = {
    device_id: LOCK,
    name: 'Room 204',
    connected_account_id: ACCOUNT,
    from: '2026-06-15T00:01:40.000000Z',
    to: null,
    seconds: null,
    cause: 'hub_disconnected',
    event_id: id('e', 2),
    ended_by: null,
    end_event_id: null,
  }

  test('pairs a disconnection with what ended it, also when it began before the window', async () => {
    const whole = (await (await ask({ since: time(-1) })).json()) as Record<string, unknown>
    expect(whole).toMatchObject({ outages: [outage], pagination: { has_next_page: false }, ok: true })
    const before = (await (await ask({ since: time(300) })).json()) as { outages: unknown[] }
    expect(before.outages).toEqual([outage])
    const earlier = (await (await ask({ between: [time(-1), time(50)] })).json()) as { outages: unknown[] }
    expect(earlier.outages).toEqual([])
    await server.store(A, [
      event(7, 'device.connected', 700.5, { device_id: LOCK, connected_account_id: ACCOUNT }),
    ])
    const ended = (await (await ask({ since: time(300), q: '204' })).json()) as { outages: unknown[] }
    const to = '2026-06-15T00:11:40.500000Z'
    expect(ended.outages).toEqual([
      { ...outage, to, seconds: 600.5, ended_by: 'device.connected', end_event_id: id('e', 7) },
    ])
  })

  test('I15: is complete only for a window that is proven', async () => {
    const isComplete = async (body: object) =>
      ((await (await ask(body)).json()) as Answer).completeness.is_complete
    expect(await isComplete({ since: time(20) })).toBe(true)
    expect(await isComplete({ between: [time(-50), time(-20)] })).toBe(true)
    expect(await isComplete({ since: time(-50) })).toBe(false)
  })

  test('says what is wrong with the window', async () => {
    for (const body of [{}, { since: time(0), between: [time(0), time(1)] }]) {
      const response = await ask(body)
      expect([response.status, (await errorOf(response)).type]).toEqual([400, 'invalid_input'])
    }
    expect((await errorOf(await ask({ between: [time(1)] }))).validation_errors).toHaveProperty('between')
  })
})

/** Folds, and returns how many events are folded: other test files' transactions hold the fold back as well. */
async function foldAll(): Promise<number | undefined> {
  await foldWorkspace(server.db, A)
  const [row] = await runSql<{ folded: number }>(
    server.db,
    sql`select folded_events::int as folded from folds where workspace_id = ${A}`,
  )
  return row?.folded
}

test.each(['/v1/devices/list', '/v1/devices/outages'])(
  'I15: later pages of %s claim no more than the first',
  async (path) => {
    const lock = { connected_account_id: ACCOUNT }
    await server.store(A, [
      event(20, 'device.disconnected', 900, { ...lock, device_id: id('d', 20) }),
      event(21, 'device.disconnected', 901, { ...lock, device_id: id('d', 21) }),
    ])
    const proveUntil = (seconds: number) =>
      runSql(
        server.db,
        sql`insert into coverage (workspace_id, ranges) values (${A}, ${`{[${time(10)},${time(seconds)})}`})
            on conflict (workspace_id) do update set ranges = excluded.ranges`,
      )
    const query = { limit: 1, ...(path.endsWith('outages') && { since: time(20) }) }
    await proveUntil(120)
    const ask = async (body: object) => (await (await server.ask(key, path, body)).json()) as Answer
    const first = await ask(query)
    await proveUntil(2_000)
    const second = await ask({ ...query, page_cursor: first.pagination.next_page_cursor })
    expect(second.completeness).toEqual(first.completeness)
    expect((await ask(query)).completeness.until).toBe('2026-06-15T00:33:20.000000Z')
  },
)
