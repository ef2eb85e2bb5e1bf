import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { queryTest } from '../../support/query-test.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { A, type AccessServer, startAccessServer } from '../../access/access-server.ts'
import { type QueryServer, startQueryServer } from '../events/query-server.ts'

interface StatsBody {
  buckets: {
    start: string
    end: string
    is_complete: boolean
    count: number
    groups: Record<string, unknown>[]
  }[]
  count: number
  completeness: { from: string | null; until: string | null; is_complete: boolean }
  ok: boolean
}

const BETWEEN = '2026-06-01T00:00:00Z,2026-06-02T00:00:00Z'

let server: QueryServer

beforeAll(async () => {
  server = await startQueryServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  await queryTest(server.db, 'truncate events, coverage')
})

const event = (createdAt: string, fields: Record<string, unknown> = {}) =>
  sampleEvent({ created_at: createdAt, ...fields })

async function stats(parameters: Record<string, string>): Promise<StatsBody> {
  const response = await server.get(`/v1/events/stats?${new URLSearchParams(parameters).toString()}`)
  expect(response.status).toBe(200)
  return (await response.json()) as StatsBody
}

const cover = (ranges: string) =>
  queryTest(server.db, 'insert into coverage (workspace_id, ranges) values ($1, $2)', [WORKSPACE_ID, ranges])

test('The window is [from, to), cut into whole local days, of which the empty ones are there as well', async () => {
  await server.store([
    event('2026-06-01T00:00:00Z'),
    event('2026-06-01T22:30:00Z'),
    event('2026-06-04T09:59:59.999999Z'),
    event('2026-06-04T10:00:00Z'),
    event('2026-05-31T23:59:59.999999Z'),
  ])
  const body = await stats({
    between: '2026-06-01T00:00:00Z,2026-06-04T10:00:00Z',
    bucket: 'day',
    time_zone: 'Europe/Berlin',
  })
  expect(body.ok).toBe(true)
  expect(body.count).toBe(3)
  expect(body.buckets.map(({ start, end, count }) => [start, end, count])).toEqual([
    ['2026-06-01T00:00:00.000000Z', '2026-06-01T22:00:00.000000Z', 1],
    ['2026-06-01T22:00:00.000000Z', '2026-06-02T22:00:00.000000Z', 1],
    ['2026-06-02T22:00:00.000000Z', '2026-06-03T22:00:00.000000Z', 0],
    ['2026-06-03T22:00:00.000000Z', '2026-06-04T10:00:00.000000Z', 1],
  ])
  expect(body.buckets.every(({ groups }) => groups.length === 0)).toBe(true)
})

test('since counts until now; a later since than that gives no buckets', async () => {
  await server.store([event(new Date(Date.now() - 60_000).toISOString()), event('2026-06-01T00:00:00Z')])
  const body = await stats({ since: '2026-06-01T00:00:00Z', bucket: 'month' })
  expect(body.count).toBe(2)
  expect(await stats({ since: '2999-01-01T00:00:00Z' })).toMatchObject({ buckets: [], count: 0 })
})

describe('local time', () => {
  const starts = async (parameters: Record<string, string>) =>
    (await stats(parameters)).buckets.map(({ start }) => start.slice(5, 16))

  test('the hour that comes twice in autumn is two buckets, and the one that spring leaves out is none', async () => {
    const berlin = { bucket: 'hour', time_zone: 'Europe/Berlin' }
    expect(await starts({ ...berlin, between: '2026-10-24T23:00:00Z,2026-10-25T03:00:00Z' })).toEqual([
      '10-24T23:00',
      '10-25T00:00',
      '10-25T01:00',
      '10-25T02:00',
    ])
    // 02:00 to 03:00 does not exist on that day: 23 hours.
    const day = await stats({
      bucket: 'day',
      time_zone: 'Europe/Berlin',
      between: '2026-03-28T23:00:00Z,2026-03-30T22:00:00Z',
    })
    expect(day.buckets.map(({ start, end }) => [start.slice(5, 16), end.slice(5, 16)])).toEqual([
      ['03-28T23:00', '03-29T22:00'],
      ['03-29T22:00', '03-30T22:00'],
    ])
  })

  test('clocks that are set by half an hour begin an hour anew there', async () => {
    const lordHowe = { bucket: 'hour', time_zone: 'Australia/Lord_Howe' }
    expect(await starts({ ...lordHowe, between: '2026-04-04T13:00:00Z,2026-04-04T17:00:00Z' })).toEqual([
      '04-04T13:00',
      '04-04T14:00',
      '04-04T15:00',
      '04-04T15:30',
      '04-04T16:30',
    ])
  })

  test('hours begin at a quarter past where the zone is 5:45 from UTC', async () => {
    expect(
      await starts({
        bucket: 'hour',
        time_zone: 'Asia/Kathmandu',
        between: '2026-06-01T00:00:00Z,2026-06-01T02:15:00Z',
      }),
    ).toEqual(['06-01T00:00', '06-01T00:15', '06-01T01:15'])
  })

  test('a day begins when its midnight comes first, where that comes twice (Havana), and when the clock passes it, where it never comes (Beirut)', async () => {
    expect(
      await starts({
        bucket: 'day',
        time_zone: 'America/Havana',
        between: '2026-10-31T12:00:00Z,2026-11-02T12:00:00Z',
      }),
    ).toEqual(['10-31T12:00', '11-01T04:00', '11-02T05:00'])
    expect(
      await starts({
        bucket: 'day',
        time_zone: 'Asia/Beirut',
        between: '2026-03-28T12:00:00Z,2026-03-30T12:00:00Z',
      }),
    ).toEqual(['03-28T12:00', '03-28T22:00', '03-29T21:00'])
  })

  test('weeks begin on Monday, and months on their first day', async () => {
    const window = '2026-05-20T12:00:00Z,2026-06-10T00:00:00Z'
    expect(await starts({ bucket: 'week', between: window })).toEqual([
      '05-20T12:00',
      '05-25T00:00',
      '06-01T00:00',
      '06-08T00:00',
    ])
    expect(await starts({ bucket: 'month', time_zone: 'America/New_York', between: window })).toEqual([
      '05-20T12:00',
      '06-01T04:00',
    ])
  })
})

test('Groups are counted by any of the dimensions, the largest first, null where an event has none', async () => {
  const [device, space] = [randomUUID(), randomUUID()]
  await server.store([
    event('2026-06-01T10:00:00Z', { device_id: device, space_id: space }),
    event('2026-06-01T11:00:00Z', { device_id: device, event_type: 'lock.locked' }),
    event('2026-06-01T12:00:00Z', { device_id: undefined, event_type: 'device.connected' }),
  ])
  const groups = async (group_by: string, more: Record<string, string> = {}) => {
    const { buckets } = await stats({
      between: '2026-06-01T00:00:00Z,2026-06-02T00:00:00Z',
      group_by,
      ...more,
    })
    return buckets.flatMap((bucket) => bucket.groups)
  }
  expect(await groups('event_family')).toEqual([
    { event_family: 'lock', count: 2 },
    { event_family: 'device', count: 1 },
  ])
  expect(await groups('device_id,path')).toEqual([
    { device_id: device, path: 'webhook', count: 2 },
    { device_id: null, path: 'webhook', count: 1 },
  ])
  expect(await groups('space_id', { event_type: 'lock.unlocked' })).toEqual([{ space_id: space, count: 1 }])
  expect(await groups('event_type', { device_id: randomUUID() })).toEqual([])
})

test('include=names adds the names of the ids in the groups', async () => {
  const device = randomUUID()
  await queryTest(
    server.db,
    `insert into names (workspace_id, id, kind, name, folded, as_of) values ($1, $2, 'device', 'Room 204', 'room 204', now())`,
    [WORKSPACE_ID, device],
  )
  await server.store([event('2026-06-01T10:00:00Z', { device_id: device })])
  const asked = { between: BETWEEN, group_by: 'device_id' }
  expect(await stats({ ...asked, include: 'names' })).toHaveProperty('names', {
    [device]: { kind: 'device', name: 'Room 204', is_gone: false },
  })
  expect(await stats(asked)).not.toHaveProperty('names')
})

test('I15: a bucket is complete only when all of its time is proven, and the window as far as the proven range reaches', async () => {
  await cover('{[2026-06-01T00:00:00Z,2026-06-02T12:00:00Z),[2026-06-02T13:00:00Z,2026-06-04T12:00:00Z)}')
  const complete = async (from: string, to: string) => {
    const { buckets, completeness } = await stats({ between: `${from},${to}` })
    return { buckets: buckets.map(({ is_complete }) => is_complete), ...completeness }
  }
  const range = { from: '2026-06-02T13:00:00.000000Z', until: '2026-06-04T12:00:00.000000Z' }
  expect(await complete('2026-06-01T00:00:00Z', '2026-06-05T00:00:00Z')).toEqual({
    buckets: [true, false, true, false],
    ...range,
    is_complete: false,
  })
  expect(await complete('2026-06-03T00:00:00Z', '2026-06-05T00:00:00Z')).toEqual({
    buckets: [true, false],
    ...range,
    is_complete: true,
  })
  expect((await complete('2026-06-04T12:00:00Z', '2026-06-05T00:00:00Z')).is_complete).toBe(false)
  await queryTest(server.db, 'truncate coverage')
  expect((await stats({ since: '2026-06-01T00:00:00Z' })).completeness).toEqual({
    from: null,
    until: null,
    is_complete: false,
  })
})

test.each([
  [{}, '_errors', 'Must specify either since or between'],
  [{ since: '2026-06-01T00:00:00Z', between: BETWEEN }, '_errors', 'Cannot specify both since and between'],
  [{ between: BETWEEN, bucket: 'year' }, 'bucket', "Invalid enum value. Expected 'minute' |"],
  [{ between: BETWEEN, time_zone: 'Berlin' }, 'time_zone', 'Must be an IANA time zone'],
  [{ between: BETWEEN, time_zone: "x'; drop table events; --" }, 'time_zone', 'Must be an IANA time zone'],
  [
    { between: BETWEEN, group_by: 'event_type,colour' },
    'group_by',
    "Expected 'event_type' | 'event_family' |",
  ],
  [{ since: '2020-01-01T00:00:00Z', bucket: 'minute' }, 'bucket', 'more than 10,000 buckets'],
  [{ between: BETWEEN, device_id: 'x' }, 'device_id', 'Invalid uuid'],
  [{ between: BETWEEN, limit: '5' }, '_errors', 'Unknown parameters: limit'],
])(
  'Bad input gets Seam’s error shape with the name of the parameter: %j',
  async (parameters, name, message) => {
    const query = new URLSearchParams(parameters as Record<string, string>).toString()
    const response = await server.get(`/v1/events/stats?${query}`)
    expect(response.status).toBe(400)
    const { error } = (await response.json()) as {
      error: { message: string; validation_errors: Record<string, unknown> }
    }
    expect(error.message).toContain(message)
    expect(error.validation_errors).toHaveProperty(name)
  },
)

test('A JSON body asks the same', async () => {
  await server.store([event('2026-06-01T10:00:00Z')])
  const response = await server.post('/v1/events/stats', {
    between: ['2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z'],
    group_by: ['event_type', 'event_type'],
  })
  expect(await response.json()).toMatchObject({
    count: 1,
    buckets: [{ groups: [{ event_type: 'lock.unlocked', count: 1 }] }],
  })
})

describe('client sessions', () => {
  let access: AccessServer

  beforeAll(async () => {
    access = await startAccessServer()
  })
  afterAll(() => access.stop())

  test('I10: a client session’s statistics hold only events of its accounts and webviews', async () => {
    const [mine, theirs, webview] = [randomUUID(), randomUUID(), randomUUID()]
    const made = [
      { connected_account_id: mine },
      { connected_account_id: theirs },
      { connected_account_id: undefined },
      { connected_account_id: undefined, connect_webview_id: webview },
      { connected_account_id: mine, connect_webview_id: webview },
    ]
    await access.store(
      A,
      made.map((fields) => event('2026-06-01T10:00:00Z', { workspace_id: A, ...fields })),
    )
    const token = 'seam_cst1abc_abcdefghijkmnopqrstuvwxyz'
    await access.addSession({
      workspaceId: A,
      clientSessionId: randomUUID(),
      token,
      connectedAccountIds: [mine],
      connectWebviewIds: [webview],
    })
    const response = await access.ask({ authorization: `Bearer ${token}` }, '/v1/events/stats', {
      between: BETWEEN.split(','),
      group_by: ['connected_account_id'],
    })
    expect(await response.json()).toMatchObject({
      count: 3,
      buckets: [
        {
          groups: [
            { connected_account_id: mine, count: 2 },
            { connected_account_id: null, count: 1 },
          ],
        },
      ],
    })
  })
})
