import type { EventFilter, EventQuery } from '../../../src/store/events/event-query.ts'
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import { EVENT_FIELDS } from '../../../src/domain/event-fields.ts'
import { listEvents } from '../../../src/store/events/list-events.ts'
import { listEventsSql } from '../../../src/store/events/list-events-sql.ts'
import { queryTest } from '../../support/query-test.ts'
import { parseInstant } from '../../../src/domain/instant.ts'
import { createRandom } from '../../../src/simulated-seam/random.ts'
import { WORKSPACE_ID } from '../../support/sample-event.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'

const ROWS = 40_000
/** How many values each id has. One event in three carries the id, so each value has some 60 events. */
const VALUES = 200

const { db } = await databaseOfThisFile()

/** The value number `n` of any id, as SQL and as text. */
const uuidSql = (n: string): string => `('00000000-0000-4000-8000-' || lpad((${n})::text, 12, '0'))::uuid`
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

beforeAll(async () => {
  const values = EVENT_FIELDS.map(({ type }, i) => {
    const n = `(i * ${2 * i + 7}) % ${VALUES}`
    const value = { uuid: uuidSql(n), 'uuid[]': `array[${uuidSql(n)}]`, text: `'key-' || (${n})` }[type]
    return `case when (i + ${i}) % 3 = 0 then ${value} end`
  })
  await sql
    .raw(
      `insert into events (workspace_id, event_id, event_type, created_at, body, poll_at, ${EVENT_FIELDS.map(({ column }) => column).join(', ')})
       select '${WORKSPACE_ID}', gen_random_uuid(), 'type.' || (i % 50), timestamptz '2026-01-01' + i * interval '1 second',
         '{}', now(), ${values.join(', ')}
       from generate_series(1, ${ROWS}) i`,
    )
    .execute(db)
  await sql`vacuum analyze events`.execute(db)
})

const TYPES = { column: 'event_type', value: (n: number) => `type.${n % 50}` }
const IDS = { column: 'event_id', value: uuid }
const FIELDS = EVENT_FIELDS.map(({ column, type }) => ({
  column,
  value: (n: number) => (type === 'text' ? `key-${n}` : uuid(n)),
}))

const cases = [TYPES, IDS, ...FIELDS].flatMap(({ column, value }) =>
  [1, 2, 20, 10_000].map((count): [string, number, EventFilter] => [
    column,
    count,
    { column, values: Array.from({ length: count }, (_, n) => value(n)) },
  ]),
)

async function explain(filters: EventFilter[], limit: number): Promise<string> {
  const { text, values } = listEventsSql({
    workspaceId: WORKSPACE_ID,
    visibility: { kind: 'all' },
    after: 0n,
    filters,
    limit,
    offset: 0,
  })
  const rows = await queryTest<{ 'QUERY PLAN': string }>(db, `explain ${text}`, values)
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

test.each(cases)(
  'The filter by %s with %i values reads an index, not the table',
  async (_column, _count, filter) => {
    for (const limit of [1, 500, 1000]) {
      const plan = await explain([filter], limit)
      expect(plan).not.toContain('Seq Scan')
      expect(plan).toMatch(/Index Scan|Index Only Scan/)
    }
  },
)

test('Without a filter the newest events are read in the order of the index, without sorting', async () => {
  const plan = await explain([], 500)
  expect(plan).toContain('events_by_time')
  expect(plan).not.toContain('Sort')
})

test.each(FIELDS.filter(({ column }) => !column.endsWith('_ids')))(
  'One value of $column is read from its own index in the order of the answer, so that no more is read than is asked for',
  async ({ column, value }) => {
    const plan = await explain([{ column, values: [value(3)] }], 10)
    expect(plan).toContain(`events_by_${column}`)
    expect(plan).not.toContain('Sort')
  },
)

test('Several values of a filter give what the filter says, however their events are spread, on every page', async () => {
  // One value has hundreds of the newest events, some have few and old ones, some have none, and some are given twice.
  await sql`
    update events set device_id = ${uuid(777)}::uuid where workspace_id = ${WORKSPACE_ID}
      and created_at > (select max(created_at) from events) - interval '900 seconds' and created_at not in (
        select created_at from events where device_id = ${uuid(3)}::uuid)`.execute(db)
  const random = createRandom(11, 'lists')
  const someIds = () => Array.from({ length: random.integer(2, 40) }, () => uuid(random.integer(0, 260)))
  let compared = 0
  for (let round = 0; round < 60; round++) {
    const ids = [...someIds(), ...(random.chance(0.7) ? [uuid(777)] : [])]
    const limit = random.integer(1, 300)
    const offset = random.chance(0.5) ? 0 : random.integer(0, 300)
    const since = random.chance(0.5) ? '2026-01-01T00:00:00Z' : '2026-01-01T08:00:00Z'
    const expected = await queryTest<{ event_id: string }>(
      db,
      `select event_id from events where workspace_id = $1 and device_id = any($2::uuid[]) and created_at > $3
       order by created_at desc, event_id limit $4 offset $5`,
      [WORKSPACE_ID, ids, since, limit, offset],
    )
    const query = {
      workspaceId: WORKSPACE_ID,
      visibility: { kind: 'all' as const },
      after: parseInstant(since) ?? 0n,
      filters: [{ column: 'device_id', values: ids }],
      limit,
      offset,
    }
    const { text, values } = listEventsSql(query)
    const found = await queryTest<{ event_id: string }>(
      db,
      text.replace('select body from', 'select event_id from'),
      values,
    )
    expect(found.map(({ event_id }) => event_id)).toEqual(expected.map(({ event_id }) => event_id))
    expect((await listEvents(db, query, Infinity)).events).toHaveLength(expected.length)
    compared += expected.length
  }
  expect(compared).toBeGreaterThan(2_000)
})

/** How many rows a plan has read, including those it threw away. Each loop of a node counts. */
async function rowsRead(query: EventQuery): Promise<number> {
  const { text, values } = listEventsSql(query)
  const [row] = await queryTest<{ 'QUERY PLAN': string }>(
    db,
    `explain (analyze, format json, timing off) ${text}`,
    values,
  )
  const plans: PlanNode[] = [(JSON.parse(row?.['QUERY PLAN'] ?? '') as [{ Plan: PlanNode }])[0].Plan]
  let read = 0
  for (let node = plans.pop(); node !== undefined; node = plans.pop()) {
    plans.push(...(node.Plans ?? []))
    if ('Relation Name' in node && node['Heap Fetches'] === undefined)
      read += (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
  }
  return read
}

interface PlanNode {
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  /** Only a scan that reads nothing but an index has it. */
  'Heap Fetches'?: number
  Plans?: PlanNode[]
}

const LIST: EventQuery = {
  workspaceId: WORKSPACE_ID,
  visibility: { kind: 'all' },
  after: 0n,
  filters: [],
  limit: 501,
  offset: 0,
}

test('E4: many ids of events are looked up, each by itself; no walk through all events in the order of time', async () => {
  for (const count of [2, 600, 10_000]) {
    const values = Array.from({ length: count }, () => randomUUID())
    // The shorter the page, the more Postgres believes that walking through the table finds it soon.
    for (const limit of [1, 11, 501]) {
      const plan = await explain([{ column: 'event_id', values }], limit)
      expect(plan.includes('events_pkey') && !plan.includes('events_by_time')).toBe(true)
    }
  }
})

test('E4: of the events before a far offset no rows are read', async () => {
  expect(await rowsRead({ ...LIST, offset: 30_000 })).toBeLessThan(ROWS / 10)
})

test('E4: pages by many ids, of callers who see all or little, and at far offsets hold what they should', async () => {
  const { rows } = await sql<{ event_id: string; connected_account_id: string | null }>`
    select event_id, connected_account_id from events order by created_at desc, event_id`.execute(db)
  const some = rows.filter((_, i) => i % 7 === 0)
  const account = uuid(3)
  const onlyAccount = { kind: 'only' as const, connectedAccountIds: [account], connectWebviewIds: ['none'] }
  const byIds = [{ column: 'event_id', values: [...some.map((row) => row.event_id), randomUUID()] }]
  const pages: [Partial<EventQuery>, typeof rows][] = [
    [{ filters: byIds }, some],
    [{ filters: byIds, offset: 3_000 }, some],
    [{ filters: byIds, visibility: onlyAccount }, some.filter((row) => row.connected_account_id === account)],
    [{ offset: 1_999 }, rows],
    [{ offset: 30_000 }, rows],
  ]
  for (const [change, expected] of pages) {
    const query = { ...LIST, ...change }
    const { text, values } = listEventsSql(query)
    const found = await queryTest<{ event_id: string }>(
      db,
      text.replace('select body from', 'select event_id from'),
      values,
    )
    const page = expected.slice(query.offset, query.offset + query.limit)
    expect(page.length).toBeGreaterThan(0)
    expect(found.map((row) => row.event_id)).toEqual(page.map((row) => row.event_id))
  }
})
