import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import type { Transaction } from 'kysely'
import { expect, test } from 'vitest'
import { parseEvent } from '../../../src/domain/event.ts'
import { formatInstant, type Micros, parseInstant } from '../../../src/domain/instant.ts'
import { foldWorkspace } from '../../../src/folds/fold-workspace.ts'
import { ingestBatch, ingestInTransaction } from '../../../src/ingest/ingest-batch.ts'
import { queryTest } from '../../support/query-test.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'
import { deleteEvents } from '../../../src/store/events/delete-events.ts'
import { foldPage } from '../../../src/store/folds/fold-page.ts'
import { lockFold } from '../../../src/store/folds/lock-fold.ts'
import type { Database } from '../../../src/store/schema.ts'
import { readStats, readStatsIn } from '../../../src/store/stats/read-stats.ts'
import { BUCKET_UNITS, STATS_GROUPS, type StatsQuery } from '../../../src/store/stats/stats-query.ts'
import { sampleEvent } from '../../support/sample-event.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'
import { localPeriod } from './local-period.ts'

const { database } = await databaseOfThisFile()
const db = database.open(20)

const instantOf = (text: string): Micros => parseInstant(text) ?? 0n

/** Clocks are set forward and back, by an hour and by half an hour; 45 minutes from the full hour; days that begin at 16:00 UTC. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Asia/Singapore',
]
/** Around the changes of 2026: New York 8 March and 1 November, Berlin 29 March and 25 October, Lord Howe 4 April and 3 October. */
const CHANGES = [
  '2026-03-08T07:00:00Z',
  '2026-03-29T01:00:00Z',
  '2026-04-04T15:00:00Z',
  '2026-10-03T15:30:00Z',
  '2026-10-25T01:00:00Z',
  '2026-11-01T06:00:00Z',
].map(instantOf)

const [IDS, TYPES, ACCOUNTS, DEVICES] = [
  Array.from({ length: 40 }, () => randomUUID()),
  ['lock.locked', 'lock.unlocked', 'device.connected'],
  [undefined, randomUUID(), randomUUID()],
  [undefined, randomUUID(), randomUUID(), randomUUID()],
]

/** An event's place among all is its id, so the same event is made again when it is delivered again. */
interface Made {
  id: string
  at: Micros
  type: string
  account: string | undefined
  device: string | undefined
}

const HOUR = 3_600_000_000n
/** Mostly in the hours around a change, often at a whole quarter hour. */
const offset = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt(-3n * HOUR, 3n * HOUR) },
  { weight: 3, arbitrary: fc.bigInt(-12n, 12n).map((n) => (n * HOUR) / 4n) },
  { weight: 1, arbitrary: fc.bigInt(-40n * 24n * HOUR, 40n * 24n * HOUR) },
)
const rarely = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })
const path = fc.constantFrom('webhook' as const, 'poll' as const)
const few = fc.integer({ min: 1, max: 30 })

/** The steps and questions of one run, which are about the hours and weeks around one change of the clocks. */
function runAround(change: Micros) {
  const instant = offset.map((by) => change + by)
  const made = fc.record({
    id: fc.constantFrom(...IDS),
    at: instant,
    type: fc.constantFrom(...TYPES),
    account: fc.constantFrom(...ACCOUNTS),
    device: fc.constantFrom(...DEVICES),
  })
  const events = fc.array(made, { minLength: 1, maxLength: 12 })
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('store' as const), path, events }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('open' as const), path, events }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), commit: fc.boolean() }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('fold' as const), page: few }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('killed fold' as const), page: few }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('delete' as const), before: instant, limit: few }),
    },
  )
  const question = fc.record({
    window: fc.tuple(instant, instant),
    unit: fc.oneof(
      { weight: 1, arbitrary: fc.constant('hour' as const) },
      { weight: 1, arbitrary: fc.constantFrom(...BUCKET_UNITS) },
    ),
    timeZone: fc.constantFrom(...ZONES),
    groupBy: fc.subarray([...STATS_GROUPS], { maxLength: 2 }),
    types: rarely(fc.subarray(TYPES, { minLength: 1, maxLength: 2 })),
    device: rarely(fc.constantFrom(...DEVICES.filter((each) => each !== undefined))),
    account: rarely(fc.constantFrom(...ACCOUNTS.filter((each) => each !== undefined))),
  })
  return fc.record({
    steps: fc.array(step, { minLength: 5, maxLength: 25 }),
    questions: fc.array(question, { minLength: 8, maxLength: 8 }),
  })
}
type Run = ReturnType<typeof runAround> extends fc.Arbitrary<infer T> ? T : never
type Step = Run['steps'][number]
type Question = Run['questions'][number]

function queryOf(workspaceId: string, { window, types, device, account, ...rest }: Question): StatsQuery {
  const [a, b] = window
  // A window of minutes is kept short: its buckets are compared one by one.
  const [from, last] = a < b ? [a, b] : [b, a]
  const to = rest.unit === 'minute' && last > from + 6n * HOUR ? from + 6n * HOUR : last
  return {
    workspaceId,
    ...rest,
    from,
    to,
    visibility:
      account === null
        ? { kind: 'all' }
        : { kind: 'only', connectedAccountIds: [account], connectWebviewIds: [] },
    filters: [
      ...(types === null ? [] : [{ column: 'event_type', values: types }]),
      ...(device === null ? [] : [{ column: 'device_id', values: [device] }]),
    ],
  }
}

interface StoredRow {
  at: string
  event_type: string
  event_family: string
  device_id: string | null
  connected_account_id: string | null
  space_id: null
  path: string
}

/** Counts the events in JavaScript, with Node's time zones: `period of the bucket, values of the groups: count`. */
async function plainCounts(trx: Transaction<Database>, query: StatsQuery): Promise<string[]> {
  const rows = await queryTest<StoredRow>(
    trx,
    `select (extract(epoch from created_at) * 1000000)::bigint::text as at, event_type, split_part(event_type, '.', 1) as event_family,
       device_id, connected_account_id, null as space_id,
       case when webhook_at is not null and (poll_at is null or webhook_at < poll_at) then 'webhook' else 'poll' end as path
     from events where workspace_id = $1`,
    [query.workspaceId],
  )
  const counts = new Map<string, number>()
  for (const row of rows) {
    const at = BigInt(row.at)
    const isSeen =
      query.visibility.kind === 'all' ||
      query.visibility.connectedAccountIds.includes(row.connected_account_id ?? '')
    const isAsked = query.filters.every(({ column, values }) =>
      values.includes(row[column as 'device_id'] ?? ''),
    )
    if (at < query.from || at >= query.to || !isSeen || !isAsked) continue
    const line = [
      localPeriod(at, query.unit, query.timeZone),
      ...query.groupBy.map((group) => row[group]),
    ].join()
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  return [...counts].map(([line, count]) => `${line}: ${count}`).toSorted()
}

/** What the service answers, in the same lines. Two buckets of one local period would be two lines. */
async function answeredCounts(trx: Transaction<Database>, query: StatsQuery): Promise<string[]> {
  const { bounds, counts } = await readStatsIn(trx, query)
  return counts
    .map(({ bucket, group, count }) => {
      const period = localPeriod(bounds[bucket] ?? 0n, query.unit, query.timeZone)
      return `${[period, ...group].join()}: ${count}`
    })
    .toSorted()
}

/** Both in one snapshot. */
async function both(query: StatsQuery): Promise<{ answered: string[]; plain: string[] }> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => ({
      answered: await answeredCounts(trx, query),
      plain: await plainCounts(trx, query),
    }))
}

function eventOf(workspaceId: string, { id, at, type, account, device }: Made) {
  const fields = {
    workspace_id: workspaceId,
    event_id: id,
    event_type: type,
    created_at: formatInstant(at),
    connected_account_id: account,
    device_id: device,
  }
  return parseEvent(JSON.stringify(sampleEvent(fields)), workspaceId)
}

/** Does the steps of one run in one workspace. */
function runner(workspaceId: string) {
  const open: { commit: () => Promise<void>; rollback: () => Promise<void> }[] = []
  // An event keeps its fields for ever; two transactions that brought the same one would wait for each other.
  const known = new Map<string, Made>()
  const busy = new Set<string>()
  const usable = (events: readonly Made[]) =>
    events
      .filter(({ id }) => !busy.has(id))
      .map((each) => known.get(each.id) ?? (known.set(each.id, each), each))
  const end = async (commit: boolean) => {
    const trx = open.pop()
    if (trx === undefined) return
    await (commit ? trx.commit() : trx.rollback())
    if (open.length === 0) busy.clear()
  }
  async function take(one: Step): Promise<void> {
    switch (one.kind) {
      case 'store':
        await ingestBatch(
          db,
          usable(one.events).map((each) => eventOf(workspaceId, each)),
          one.path,
          maskingSecrets(),
        )
        return
      case 'open': {
        const trx = await db.startTransaction().execute()
        const events = usable(one.events)
        await ingestInTransaction(
          trx,
          events.map((each) => eventOf(workspaceId, each)),
          one.path,
          maskingSecrets(),
        )
        for (const { id } of events) busy.add(id)
        open.push({ commit: () => trx.commit().execute(), rollback: () => trx.rollback().execute() })
        return
      }
      case 'end':
        return end(one.commit)
      case 'fold':
        await foldWorkspace(db, workspaceId, one.page)
        return
      case 'killed fold':
        await db
          .transaction()
          .execute(async (trx) => {
            await foldPage(trx, workspaceId, await lockFold(trx, workspaceId), one.page)
            await queryTest(trx, 'select pg_terminate_backend(pg_backend_pid())')
          })
          .catch((error: unknown) => expect(String(error)).toMatch(/terminat/))
        return
      case 'delete':
        // A deletion would wait for the events of an open transaction.
        if (open.length > 0) return
        await db.transaction().execute((trx) => deleteEvents(trx, workspaceId, one))
    }
  }
  return {
    take,
    endAll: async () => {
      while (open.length > 0) await end(true)
    },
  }
}

test('I16: at any moment, statistics equal the plain count: late arrivals, second sightings, open transactions, killed folds, deletions, changes of the clocks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...CHANGES).chain(runAround), async ({ steps, questions }) => {
      const workspaceId = randomUUID()
      const { take, endAll } = runner(workspaceId)
      const check = async (asked: Question): Promise<void> => {
        const { answered, plain } = await both(queryOf(workspaceId, asked))
        expect(answered).toEqual(plain)
      }
      try {
        for (const [i, one] of steps.entries()) {
          await take(one)
          const asked = questions[i % questions.length]
          if (i % 3 === 0 && asked !== undefined) await check(asked)
        }
        await endAll()
        for (const asked of questions) await check(asked)
      } finally {
        await endAll()
      }
    }),
    { numRuns: 40 },
  )
})

test('I16: statistics equal the plain count while several writers, folds and deletions are under way', async () => {
  const workspaceId = randomUUID()
  const at = CHANGES[4] ?? 0n
  const events = (n: number): Made[] =>
    Array.from({ length: 5 }, (_, i) => ({
      id: randomUUID(),
      at: at + BigInt((n * 5 + i) % 50) * (HOUR / 7n) - 3n * HOUR,
      type: TYPES[i % 3] ?? '',
      account: ACCOUNTS[n % 3],
      device: DEVICES[i % 4],
    }))
  const written = new AbortController()
  const repeat = async (work: () => Promise<unknown>) => {
    while (!written.signal.aborted) await work()
  }
  const query: StatsQuery = {
    workspaceId,
    visibility: { kind: 'all' },
    filters: [],
    from: at - 5n * HOUR + 1n,
    to: at + 5n * HOUR,
    unit: 'hour',
    timeZone: 'Europe/Berlin',
    groupBy: ['event_type', 'path'],
  }
  const check = async (asked: StatsQuery): Promise<void> => {
    const { answered, plain } = await both(asked)
    expect(answered).toEqual(plain)
  }
  const background = [
    repeat(() => foldWorkspace(db, workspaceId, 13)),
    repeat(() => foldWorkspace(db, workspaceId, 7)),
    repeat(() =>
      db.transaction().execute((trx) => deleteEvents(trx, workspaceId, { before: at - HOUR, limit: 3 })),
    ),
    repeat(() => check(query)),
    repeat(() => check({ ...query, groupBy: ['connected_account_id'], timeZone: 'Asia/Kathmandu' })),
  ]
  const write = async (first: number) => {
    for (let n = first; n < first + 40; n++) {
      const batch = events(n).map((each) => eventOf(workspaceId, each))
      await ingestBatch(db, batch, 'webhook', maskingSecrets())
      await ingestBatch(db, batch.slice(0, 2), 'poll', maskingSecrets())
    }
  }
  await Promise.all([write(0), write(100), write(200)])
  written.abort()
  await Promise.all(background)
  await check(query)
})

test('A window that begins after its end has no buckets', async () => {
  const [first = 0n, second = 0n] = CHANGES
  const base = {
    workspaceId: randomUUID(),
    visibility: { kind: 'all' },
    filters: [],
    unit: 'day',
    timeZone: 'UTC',
    groupBy: [],
  } as const
  const stats = await readStats(db, { ...base, from: second, to: first })
  expect(stats).toMatchObject({ bounds: [], counts: [] })
})
