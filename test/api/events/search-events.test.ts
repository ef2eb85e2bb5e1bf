import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MAX_NAME_MATCHES } from '../../../src/api/events/search-terms.ts'
import { runSql } from '../../../src/postgres/open-database.ts'
import { sql } from '../../../src/postgres/sql.ts'
import { errorOf } from '../../http/serve.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { type QueryServer, startQueryServer } from './query-server.ts'

interface Answer {
  events: { event_id: string }[]
  names?: Record<string, { kind: string; name: string }>
  pagination: { next_page_cursor: string | null }
  completeness: { from: string | null; until: string | null; is_complete: boolean }
}

let server: QueryServer

beforeAll(async () => {
  server = await startQueryServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  await runSql(server.db, sql`truncate events, names, coverage`)
})

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

async function list(body: object): Promise<Answer> {
  const response = await server.post('/v1/events/list', body)
  expect(response.status).toBe(200)
  return (await response.json()) as Answer
}

async function listAll(body: object): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Answer = await list({ ...body, page_cursor: cursor })
    ids.push(...page.events.map(({ event_id }) => event_id))
    cursor = page.pagination.next_page_cursor
  } while (cursor !== null)
  return ids
}

async function name(thing: number, kind: string, text: string): Promise<void> {
  await runSql(
    server.db,
    sql`insert into names (workspace_id, id, kind, name, folded, as_of)
        values (${WORKSPACE_ID}, ${id(thing)}, ${kind}, ${text}, ${text.toLowerCase()}, now())`,
  )
}

describe('/v1/events/list', () => {
  test('in both orders, by both times, by family, device and search, is what a plain filter and sort give, on pages of any size', async () => {
    await name(1, 'device', 'Room 204')
    await name(7, 'user_identity', 'Ann 204')
    await name(2, 'device', 'Lobby')
    const types = ['lock.locked', 'lock.unlocked', 'lockers.opened', 'device.connected', 'lock']
    const second = (n: number) => `2026-06-15T16:54:${String(n % 4).padStart(2, '0')}.000001Z`
    const events = Array.from({ length: 90 }, (_, i) => ({
      ...sampleEvent({
        event_type: types[i % types.length],
        created_at: second(i),
        occurred_at: i % 7 === 0 ? undefined : second(i * 3 + 1),
        device_id: id(i % 3),
        ...(i % 11 === 0 && { user_identity_id: id(7) }),
        ...(i % 13 === 0 && { customer_key: '204' }),
      }),
    })) as Record<string, string | undefined>[]
    await server.store(events)
    const matches: Record<string, (event: Record<string, string | undefined>) => boolean> = {
      '204': (event) =>
        event.device_id === id(1) || event.user_identity_id === id(7) || event.customer_key === '204',
      'ROOM 2': (event) => event.device_id === id(1),
      [id(7)]: (event) => event.user_identity_id === id(7),
      [id(2)]: (event) => event.device_id === id(2),
      nobody: () => false,
    }
    const holds = fc.asyncProperty(
      fc.constantFrom('desc', 'asc'),
      fc.constantFrom('created_at', 'occurred_at'),
      fc.option(fc.constantFrom('lock', 'device', 'none')),
      fc.option(fc.constantFrom(...Object.keys(matches))),
      fc.option(fc.constantFrom([id(0)], [id(0), id(2)])),
      fc.integer({ min: 1, max: 60 }),
      async (order, orderBy, family, q, devices, limit) => {
        const time = (event: Record<string, string | undefined>) =>
          (orderBy === 'occurred_at' ? event.occurred_at : null) ?? event.created_at ?? ''
        const sign = order === 'desc' ? 1 : -1
        const expected = events
          .filter((event) => family === null || event.event_type?.split('.')[0] === family)
          .filter((event) => q === null || matches[q]?.(event))
          .filter((event) => devices === null || devices.includes(event.device_id ?? ''))
          .toSorted((a, b) => {
            if (time(a) !== time(b)) return time(a) < time(b) ? sign : -sign
            return (a.event_id ?? '') < (b.event_id ?? '') ? -sign : sign
          })
        const body = {
          order,
          order_by: orderBy,
          limit,
          ...(family !== null && { event_family: family }),
          ...(q !== null && { q }),
          ...(devices !== null && { device_ids: devices }),
        }
        expect(await listAll(body)).toEqual(expected.map((event) => event.event_id))
      },
    )
    expect(await fc.check(holds, { numRuns: 60 })).toMatchObject({ failed: false })
  })

  test('finds an event by its own id, and by an id in an array, written in any case', async () => {
    const event = sampleEvent({ acs_entrance_ids: [id(10), id(11)] })
    await server.store([event, sampleEvent()])
    expect(await listAll({ q: event.event_id.toUpperCase() })).toEqual([event.event_id])
    expect(await listAll({ q: id(11) })).toEqual([event.event_id])
  })

  test('include=names gives the names of all ids in the answer, and only then', async () => {
    await name(1, 'device', 'Room 204')
    await server.store([sampleEvent({ device_id: id(1) })])
    expect(await list({ include: ['names'] })).toMatchObject({
      names: { [id(1)]: { kind: 'device', name: 'Room 204', is_gone: false } },
    })
    expect(await list({})).not.toHaveProperty('names')
  })

  test('I15: says how complete the copy is, also of an empty list; without a beginning it never is', async () => {
    await runSql(
      server.db,
      sql`insert into coverage values (${WORKSPACE_ID}, '{["2026-06-01+00","2026-07-01+00")}')`,
    )
    const range = { from: '2026-06-01T00:00:00.000000Z', until: '2026-07-01T00:00:00.000000Z' }
    for (const more of [{}, { event_family: 'lock' }, { q: 'nobody' }, { q: id(1) }, { order: 'asc' }]) {
      const complete = { ...range, is_complete: true }
      expect((await list({ since: '2026-06-02', ...more })).completeness).toEqual(complete)
      expect((await list(more)).completeness).toEqual({ ...range, is_complete: false })
    }
    const response = await server.get('/v1/events/list?since=2026-06-02')
    expect(response.headers.get('seam-mirror-complete')).toBe('true')
  })

  test('refuses what it does not know, with the name of the parameter', async () => {
    for (let n = 0; n <= MAX_NAME_MATCHES; n++) await name(n + 100, 'device', `Door ${n}`)
    const cases: [object, string][] = [
      [{ nonsense: 1 }, 'nonsense'],
      [{ order: 'up' }, 'order'],
      [{ order_by: 'ingested_at' }, 'order_by'],
      [{ include: ['pins'] }, 'include'],
      [{ q: '' }, 'q'],
      [{ q: 'door' }, 'q'],
      [{ since: '2026-01-01', between: ['2026-01-01', '2026-01-02'] }, 'between'],
      [{ page_cursor: 'x' }, 'page_cursor'],
    ]
    for (const [body, parameter] of cases) {
      const response = await server.post('/v1/events/list', body)
      expect(response.status).toBe(400)
      expect(JSON.stringify(await errorOf(response))).toContain(parameter)
    }
  })
})
