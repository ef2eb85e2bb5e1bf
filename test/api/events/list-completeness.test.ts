import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { runSql } from '../../../src/postgres/open-database.ts'
import { sql } from '../../../src/postgres/sql.ts'
import { readCompleteness } from '../../../src/store/coverage/read-completeness.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { queryTest } from '../../support/query-test.ts'
import { createTestDatabase } from '../../support/test-database.ts'
import { type QueryServer, startQueryServer } from './query-server.ts'

let server: QueryServer

beforeAll(async () => {
  server = await startQueryServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  await runSql(server.db, sql`truncate events, coverage`)
})

/** Days of June 2026, as `[from, to)`. */
async function prove(...days: [from: string, to: string][]): Promise<void> {
  const ranges = `{${days.map(([from, to]) => `["2026-06-${from}+00","2026-06-${to}+00")`).join(',')}}`
  await runSql(
    server.db,
    sql`insert into coverage (workspace_id, ranges) values (${WORKSPACE_ID}, ${ranges}::tstzmultirange)
        on conflict (workspace_id) do update set ranges = excluded.ranges`,
  )
}

interface Answer {
  from: string | null
  until: string | null
  complete: string | null
  ids: string[]
  next: string | null
}

async function list(query: string): Promise<Answer> {
  const response = await server.get(`/events/list?${query}`)
  const body = (await response.json()) as {
    events: { event_id: string }[]
    pagination: { next_page_cursor: string | null }
  }
  expect(response.status).toBe(200)
  return {
    from: response.headers.get('seam-mirror-complete-from'),
    until: response.headers.get('seam-mirror-complete-until'),
    complete: response.headers.get('seam-mirror-complete'),
    ids: body.events.map(({ event_id: id }) => id),
    next: body.pagination.next_page_cursor,
  }
}

const between = (from: string, to: string) => `between=2026-06-${from}Z&between=2026-06-${to}Z`
const day = (text: string) => `2026-06-${text}:00.000000Z`

describe('/events/list says how complete the copy is', () => {
  test('I15: nothing is complete while nothing is proven, before and after coverage has a row', async () => {
    const nothing = { from: null, until: null, complete: 'false', ids: [] }
    expect(await list('since=2026-06-01')).toMatchObject(nothing)
    await prove()
    expect(await list('since=2026-06-01')).toMatchObject(nothing)
  })

  test.each<[string, string, string]>([
    ['within the proven range', between('03T00:00', '05T00:00'), 'true'],
    ['with exactly its bounds', between('02T00:00', '09T00:00'), 'true'],
    ['that is open at its end, up to where it is proven', 'since=2026-06-03', 'true'],
    ['that ends later, up to where it is proven', between('03T00:00', '20T00:00'), 'true'],
    ['up to the last instant there is', 'between=2026-06-03&between=9999-12-31T23:59:59.999999Z', 'true'],
    ['that begins before it', between('01T23:59', '05T00:00'), 'false'],
    ['that is open and begins before it', 'since=2026-06-01', 'false'],
    ['that begins where it ends', 'since=2026-06-09', 'false'],
    ['that lies after it', between('10T00:00', '11T00:00'), 'false'],
    ['that lies before it', between('01T00:00', '01T12:00'), 'false'],
    ['after the last instant there is', 'since=9999-12-31T23:59:59.999999Z', 'false'],
  ])('I15: a window %s, with an empty list', async (_title, query, complete) => {
    await prove(['02T00:00', '09T00:00'])
    const range = { from: day('02T00:00'), until: day('09T00:00') }
    expect(await list(query)).toMatchObject({ ...range, complete, ids: [] })
  })

  test('I15: a gap makes a window that touches it incomplete, and only such a window', async () => {
    await prove(['02T00:00', '04T00:00'], ['06T00:00', '09T00:00'])
    const range = { from: day('06T00:00'), until: day('09T00:00') }
    const completes = async (query: string) => {
      const { complete, ...said } = await list(query)
      expect(said).toMatchObject(range)
      return complete
    }
    expect(await completes(between('02T00:00', '04T00:00'))).toBe('true')
    expect(await completes(between('06T00:00', '08T00:00'))).toBe('true')
    expect(await completes(between('03T00:00', '04T00:01'))).toBe('false')
    expect(await completes(between('03T00:00', '07T00:00'))).toBe('false')
    expect(await completes('since=2026-06-03')).toBe('false')
    expect(await completes('since=2026-06-06')).toBe('true')
  })

  test('I15: what is taken back from coverage is no longer called complete', async () => {
    await prove(['02T00:00', '09T00:00'])
    expect(await list(between('03T00:00', '08T00:00'))).toMatchObject({ complete: 'true' })
    await prove(['02T00:00', '03T00:00'])
    const range = { from: day('02T00:00'), until: day('03T00:00') }
    expect(await list(between('03T00:00', '08T00:00'))).toMatchObject({ ...range, complete: 'false' })
    expect(await list(between('02T12:00', '08T00:00'))).toMatchObject({ ...range, complete: 'true' })
  })

  test('I15: a filter that no event can match, and a list of no ids, say it too', async () => {
    await prove(['02T00:00', '09T00:00'])
    await server.store([sampleEvent({ created_at: '2026-06-05T00:00:00Z' })])
    for (const filter of ['event_type=none.such', 'event_ids=', 'device_ids='])
      expect(await list(`since=2026-06-03&${filter}`)).toMatchObject({ complete: 'true', ids: [] })
  })

  test("I15: another workspace's coverage says nothing", async () => {
    await runSql(
      server.db,
      sql`insert into coverage (workspace_id, ranges)
          values ('00000000-0000-4000-8000-000000000000', '{["2026-06-02+00","2026-06-09+00")}')`,
    )
    expect(await list('since=2026-06-03')).toMatchObject({ from: null, until: null, complete: 'false' })
  })

  test('I15: pages that follow claim no more than the first one did, whatever is proven meanwhile', async () => {
    await prove(['02T00:00', '04T00:00'])
    const events = Array.from({ length: 5 }, () => sampleEvent({ created_at: '2026-06-03T00:00:00Z' }))
    await server.store(events)
    const first = await list('since=2026-06-02&limit=2')
    expect(first).toMatchObject({ complete: 'true', until: day('04T00:00') })
    // This event belongs into the page that was sent.
    await server.store([sampleEvent({ created_at: '2026-06-05T00:00:00Z' })])
    await prove(['01T00:00', '09T00:00'])
    const second = await list(`since=2026-06-02&limit=2&page_cursor=${first.next}`)
    expect(second).toMatchObject({ from: first.from, until: first.until, complete: 'true' })
    await prove(['02T00:00', '02T12:00'])
    const third = await list(`since=2026-06-02&limit=2&page_cursor=${second.next}`)
    expect(third).toMatchObject({ from: day('02T00:00'), until: day('02T12:00'), complete: 'true' })
    expect(third.ids).toHaveLength(1)
  })

  test('I15: a first page of an incomplete window stays so on the pages that follow', async () => {
    await prove(['03T00:00', '04T00:00'])
    const events = Array.from({ length: 3 }, () => sampleEvent({ created_at: '2026-06-03T00:00:00Z' }))
    await server.store(events)
    const first = await list('since=2026-06-02&limit=2')
    await prove(['01T00:00', '09T00:00'])
    const second = await list(`since=2026-06-02&limit=2&page_cursor=${first.next}`)
    expect(second).toMatchObject({ until: day('04T00:00'), complete: 'false' })
  })

  test('I15: while pages are stored with their coverage, no list that is called complete lacks an event', async () => {
    const total = 150
    const storing = (async () => {
      for (let i = 0; i < total; i++)
        await server.db.transaction().execute(async (trx) => {
          await runSql(
            trx,
            sql`insert into events (workspace_id, event_id, created_at, body, poll_at)
                select ${WORKSPACE_ID}, id, at, json_build_object('event_id', id, 'created_at', at), now()
                from (select gen_random_uuid() as id, '2026-06-02Z'::timestamptz + make_interval(mins => ${i}) as at) as one`,
          )
          await runSql(
            trx,
            sql`insert into coverage (workspace_id, ranges) values (${WORKSPACE_ID},
                  tstzmultirange(tstzrange('2026-06-02Z', '2026-06-02Z'::timestamptz + make_interval(mins => ${i + 1}))))
                on conflict (workspace_id) do update set ranges = excluded.ranges`,
          )
        })
    })()
    let answers = 0
    let stored = 0
    while (stored < total) {
      const { until, complete, ids } = await list('since=2026-06-01T23:59:59.999999Z')
      const provenMinutes = until === null ? 0 : (Date.parse(until) - Date.parse('2026-06-02Z')) / 60_000
      expect(complete).toBe(String(until !== null))
      expect(ids.length).toBeGreaterThanOrEqual(provenMinutes)
      stored = ids.length
      answers += 1
    }
    await storing
    expect(answers).toBeGreaterThan(5)
  })
})

test('I15: readCompleteness says the same for rows that are read after it', async () => {
  await prove(['02T00:00', '04T00:00'], ['06T00:00', '09T00:00'])
  const at = (text: string) => BigInt(Date.parse(`2026-06-${text}Z`)) * 1000n
  const range = { from: at('06T00:00'), until: at('09T00:00') }
  const read = (from: bigint | null, to: bigint | null) =>
    readCompleteness(server.db, WORKSPACE_ID, { from, to })
  expect(await read(at('02T00:00'), at('04T00:00'))).toEqual({ ...range, isComplete: true })
  expect(await read(at('02T00:00'), at('04T00:00') + 1n)).toEqual({ ...range, isComplete: false })
  expect(await read(at('06T00:00') - 1n, null)).toEqual({ ...range, isComplete: false })
  expect(await read(at('06T00:00'), null)).toEqual({ ...range, isComplete: true })
  expect(await read(null, at('03T00:00'))).toEqual({ ...range, isComplete: false })
})

test.each(['ISO, DMY', 'SQL, DMY', 'Postgres, MDY', 'German'])(
  'I15: it is the same on a database that writes instants in the form %s',
  async (style) => {
    const own = await createTestDatabase()
    onTestFinished(() => own.drop())
    const name = new URL(own.url).pathname.slice(1)
    await queryTest(own.open(), `alter database ${name} set datestyle = '${style}'`)
    const db = own.open()
    await queryTest(
      db,
      `insert into coverage (workspace_id, ranges) values ('${WORKSPACE_ID}', '{["2026-06-02 00:00:00+00","2026-06-09 00:00:00+00")}')`,
    )
    const [from, until] = ['2026-06-02', '2026-06-09'].map((text) => BigInt(Date.parse(text)) * 1000n)
    const window = { from: from ?? null, to: null }
    expect(await readCompleteness(db, WORKSPACE_ID, window)).toEqual({ from, until, isComplete: true })
  },
)

test('I12, I15: of thousands of ranges the newest count; what is older is not called complete', async () => {
  await runSql(
    server.db,
    sql`insert into coverage (workspace_id, ranges)
        select ${WORKSPACE_ID}, range_agg(tstzrange(at, at + interval '1 minute'))
        from generate_series('2026-06-01Z'::timestamptz, '2026-06-08Z', interval '2 minutes') as at`,
  )
  const newest = { from: day('08T00:00'), until: day('08T00:01') }
  expect(await list('since=2026-06-08')).toMatchObject({ ...newest, complete: 'true' })
  expect(await list(between('07T23:58', '07T23:59'))).toMatchObject({ ...newest, complete: 'true' })
  expect(await list(between('07T23:58', '07T23:59:01'))).toMatchObject({ complete: 'false' })
  expect(await list(between('01T00:00', '01T00:01'))).toMatchObject({ ...newest, complete: 'false' })
})
