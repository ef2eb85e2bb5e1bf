import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseEvent } from '../../../src/domain/event.ts'
import type { IngestPath } from '../../../src/domain/event.ts'
import { ingestBatch, ingestInTransaction } from '../../../src/ingest/ingest-batch.ts'
import { queryTest } from '../../support/query-test.ts'
import type { Db } from '../../../src/store/database.ts'
import {
  type ArrivalCursor,
  decodeArrivalCursor,
  encodeArrivalCursor,
} from '../../../src/store/events/arrival-cursor.ts'
import {
  ADOPT_ARRIVALS_SQL,
  ForeignArrivalsError,
  LostArrivalCursorError,
  readArrivals,
  readArrivalsSql,
} from '../../../src/store/events/read-arrivals.ts'
import { sampleEvent } from '../../support/sample-event.ts'
import { createTestDatabase, databaseOfThisFile } from '../../support/test-database.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'

const { database } = await databaseOfThisFile()
let db: Db

beforeAll(async () => {
  db = database.open(12)
})

/** Event ids in which `n` gives the order. */
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

function event(workspaceId: string, eventId: string) {
  return parseEvent(
    JSON.stringify(sampleEvent({ workspace_id: workspaceId, event_id: eventId })),
    workspaceId,
  )
}

async function store(workspaceId: string, eventIds: string[], path: IngestPath = 'webhook'): Promise<void> {
  await ingestBatch(
    db,
    eventIds.map((eventId) => event(workspaceId, eventId)),
    path,
    maskingSecrets(),
  )
}

/** A transaction that has stored these events and goes on. */
async function storeAndWait(workspaceId: string, eventIds: string[]) {
  const trx = await db.startTransaction().execute()
  await ingestInTransaction(
    trx,
    eventIds.map((eventId) => event(workspaceId, eventId)),
    'poll',
    maskingSecrets(),
  )
  return {
    commit: () => trx.commit().execute(),
    rollback: () => trx.rollback().execute(),
    trx,
  }
}

/** A consumer that keeps its place as text, as a client would, and remembers what it has seen, in order. */
function follow(workspaceId: string, limit = 100, from: Db = db) {
  const seen: string[] = []
  let place: string | null = null
  async function read(): Promise<number> {
    const after = place === null ? null : decodeArrivalCursor(place)
    const { events, cursor } = await readArrivals(from, { workspaceId, after, limit })
    seen.push(...events.map(({ body }) => (JSON.parse(body) as { event_id: string }).event_id))
    place = cursor === null ? null : encodeArrivalCursor(cursor)
    return events.length
  }
  /** Reads on until so many were seen: the transactions of other test files on the same server hold readers back as well (migrations do, for seconds). */
  async function readUntil(count: number): Promise<string[]> {
    while (seen.length < count) if ((await read()) === 0) await setTimeout(10)
    await read()
    return seen
  }
  return { seen, read, readUntil }
}

describe('transactions that commit out of order', () => {
  test('I8: an event that was committed first waits for an older transaction, and neither is skipped', async () => {
    const workspaceId = randomUUID()
    const reader = follow(workspaceId)
    const older = await storeAndWait(workspaceId, [id(1)])
    await store(workspaceId, [id(2)])
    expect(await reader.read()).toBe(0)
    await older.commit()
    expect(await reader.readUntil(2)).toEqual([id(1), id(2)])
  })

  test('I8: the order is that of the transactions, whatever the ids of the events are', async () => {
    const workspaceId = randomUUID()
    const reader = follow(workspaceId, 1)
    await store(workspaceId, [id(7)])
    const older = await storeAndWait(workspaceId, [id(9), id(8)])
    const newer = await storeAndWait(workspaceId, [id(1)])
    await newer.commit()
    expect(await reader.readUntil(1)).toEqual([id(7)])
    await older.commit()
    expect(await reader.readUntil(4)).toEqual([id(7), id(8), id(9), id(1)])
    // A second reader sees the same, in the same order.
    expect(await follow(workspaceId, 3).readUntil(4)).toEqual(reader.seen)
  })

  test('I8: a rollback sets the readers free and leaves nothing behind', async () => {
    const workspaceId = randomUUID()
    const reader = follow(workspaceId)
    const failing = await storeAndWait(workspaceId, [id(1)])
    await store(workspaceId, [id(2)])
    expect(await reader.read()).toBe(0)
    await failing.rollback()
    expect(await reader.readUntil(1)).toEqual([id(2)])
    // What was rolled back comes again, and is new.
    await store(workspaceId, [id(1)])
    expect(await reader.readUntil(2)).toEqual([id(2), id(1)])
  })

  test('I8: a savepoint does not change which transaction an event belongs to', async () => {
    const workspaceId = randomUUID()
    const older = await storeAndWait(workspaceId, [id(5)])
    await store(workspaceId, [id(3)])
    await queryTest(older.trx, 'savepoint here')
    await ingestInTransaction(older.trx, [event(workspaceId, id(6))], 'poll', maskingSecrets())
    await older.commit()
    expect(await follow(workspaceId, 1).readUntil(3)).toEqual([id(5), id(6), id(3)])
  })

  test('I8: a transaction that reads sees what others see, and its own writes only after its commit', async () => {
    const workspaceId = randomUUID()
    const writer = await storeAndWait(workspaceId, [id(1)])
    expect(await readArrivals(writer.trx, { workspaceId, after: null, limit: 9 })).toMatchObject({
      events: [],
      cursor: null,
    })
    await writer.commit()
    expect(await follow(workspaceId).readUntil(1)).toEqual([id(1)])
  })
})

test('I8: a page that ends amid the events of one transaction goes on with the rest of them', async () => {
  const workspaceId = randomUUID()
  await store(workspaceId, [1, 2, 3, 4, 5].map(id))
  expect(await follow(workspaceId, 2).readUntil(5)).toEqual([1, 2, 3, 4, 5].map(id))
})

test('I8: a second sighting, a redelivery and a duplicate do not bring an event again', async () => {
  const workspaceId = randomUUID()
  const reader = follow(workspaceId)
  await store(workspaceId, [id(1), id(2)])
  await reader.readUntil(2)
  await store(workspaceId, [id(2), id(1)], 'poll')
  await store(workspaceId, [id(1), id(1), id(3)])
  expect(await reader.readUntil(3)).toEqual([id(1), id(2), id(3)])
})

test('I8: a reader sees its own workspace only, also with another one’s cursor', async () => {
  const [mine, theirs] = [randomUUID(), randomUUID()]
  await store(theirs, [id(1)])
  await ingestBatch(
    db,
    [event(mine, id(1)), event(theirs, id(2)), event(mine, id(3))],
    'webhook',
    maskingSecrets(),
  )
  const reader = follow(mine)
  expect(await reader.readUntil(2)).toEqual([id(1), id(3)])
  const others = await readArrivals(db, { workspaceId: theirs, after: null, limit: 1 })
  const crossed = await readArrivals(db, { workspaceId: mine, after: others.cursor, limit: 9 })
  expect(crossed.events.map(({ cursor }) => cursor.eventId)).toEqual([id(1), id(3)])
})

test('An event is read as it is stored: its text and its sealed secrets', async () => {
  const workspaceId = randomUUID()
  await store(workspaceId, [id(1)])
  await queryTest(db, `update events set secrets = '\\x0102' where workspace_id = $1`, [workspaceId])
  await follow(workspaceId).readUntil(1)
  const { events } = await readArrivals(db, { workspaceId, after: null, limit: 1 })
  const [stored] = await queryTest<{ body: string }>(db, 'select body from events where workspace_id = $1', [
    workspaceId,
  ])
  expect(events).toMatchObject([{ body: stored?.body, sealedSecrets: Buffer.from([1, 2]) }])
})

describe('what holds readers back', () => {
  test('I8: a long transaction that only reads does not', async () => {
    const workspaceId = randomUUID()
    const long = await db.startTransaction().setIsolationLevel('repeatable read').execute()
    await queryTest(long, 'select count(*) from events')
    await store(workspaceId, [id(1)])
    expect(await follow(workspaceId).readUntil(1)).toEqual([id(1)])
    await long.rollback().execute()
  })

  test('I8: a long transaction that wrote does, even to another table or in another database of the server', async () => {
    const elsewhere = await createTestDatabase()
    for (const [where, write] of [
      [db, 'create table unrelated ()'],
      [elsewhere.open(1), 'create table unrelated ()'],
    ] as const) {
      const workspaceId = randomUUID()
      const reader = follow(workspaceId)
      const long = await where.startTransaction().execute()
      await queryTest(long, write)
      await store(workspaceId, [id(1)])
      expect(await reader.read()).toBe(0)
      await long.rollback().execute()
      expect(await reader.readUntil(1)).toEqual([id(1)])
    }
    await elsewhere.drop()
  })
})

/** Small and seeded: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const WRITERS = 8
const TRANSACTIONS = 25

test.each([1, 2, 3])(
  'I8: with many writers, random delays, rollbacks and second sightings, each reader sees every event once, in one order (seed %i)',
  async (seed) => {
    const random = randomFrom(seed)
    const workspaceId = randomUUID()
    const committed: string[] = []
    async function write(): Promise<void> {
      const trx = await db.startTransaction().execute()
      const added: string[] = []
      const statements = Math.ceil(random() * 3)
      for (let i = 0; i < statements; i++) {
        const fresh = Array.from({ length: 1 + random() * 4 }, () => randomUUID())
        // Only at first: two transactions that take the same rows in several statements could deadlock.
        const again = i === 0 && random() < 0.3 ? committed.slice(-3) : []
        await ingestInTransaction(
          trx,
          [...fresh, ...again].map((eventId) => event(workspaceId, eventId)),
          random() < 0.5 ? 'webhook' : 'poll',
          maskingSecrets(),
        )
        added.push(...fresh)
        await setTimeout(random() * 12)
      }
      if (random() < 0.15) await trx.rollback().execute()
      else {
        await trx.commit().execute()
        committed.push(...added)
      }
    }
    async function writeMany(): Promise<void> {
      for (let i = 0; i < TRANSACTIONS; i++) await write()
    }
    // Readers through another pool, each read on whichever connection is free: as behind a pooler in transaction mode.
    const readersDb = database.open(3)
    const readers = [1, 7, 1000].map((limit) => follow(workspaceId, limit, readersDb))
    const written = new AbortController()
    const reading = readers.map(async (reader) => {
      while (!written.signal.aborted) {
        await reader.read()
        await setTimeout(random() * 5)
      }
      return reader.readUntil(committed.length)
    })
    await Promise.all(Array.from({ length: WRITERS }, writeMany))
    written.abort()
    const [first = [], ...others] = await Promise.all(reading)
    expect(first.length).toBeGreaterThan(WRITERS * TRANSACTIONS)
    expect(first.toSorted()).toEqual(committed.toSorted())
    for (const seen of others) expect(seen).toEqual(first)
  },
)

describe('cursors', () => {
  const cursor: ArrivalCursor = {
    server: -(2n ** 63n),
    transaction: 2n ** 64n - 1n,
    eventId: 'a83690b2-2b70-409a-9a94-426699b84c97',
  }

  test('are text and back', () => {
    const text = encodeArrivalCursor(cursor)
    expect(text).toMatch(/^[\w-]{44}$/)
    expect(decodeArrivalCursor(text)).toEqual(cursor)
  })

  test.each([
    '',
    'x',
    encodeArrivalCursor(cursor).slice(1),
    `${encodeArrivalCursor(cursor)}A`,
    `${encodeArrivalCursor(cursor)} `,
    `B${encodeArrivalCursor(cursor).slice(1)}`,
  ])('are refused when they are none: %j', (text) => {
    expect(decodeArrivalCursor(text)).toBeNull()
  })

  test('I8: of another server, or ahead of this one, are refused instead of skipping events', async () => {
    const workspaceId = randomUUID()
    await store(workspaceId, [id(1)])
    await follow(workspaceId).readUntil(1)
    const { cursor: after } = await readArrivals(db, { workspaceId, after: null, limit: 1 })
    if (after === null) throw new Error('An event was read.')
    for (const lost of [
      { ...after, server: after.server + 1n },
      { ...after, transaction: after.transaction + 1_000_000n },
    ]) {
      const read = readArrivals(db, { workspaceId, after: lost, limit: 1 })
      await expect(read).rejects.toThrow(LostArrivalCursorError)
    }
  })
})

test('I8: events restored from a server with higher transaction ids are not held back in silence: the error says what to run', async () => {
  const workspaceId = randomUUID()
  await store(workspaceId, [id(1), id(2)])
  await queryTest(db, `update events set arrival_transaction = '9000000000000' where workspace_id = $1`, [
    workspaceId,
  ])
  await store(workspaceId, [id(3)])
  const read = readArrivals(db, { workspaceId, after: null, limit: 9 })
  await expect(read).rejects.toThrow(ForeignArrivalsError)
  await expect(read).rejects.toThrow(ADOPT_ARRIVALS_SQL)
  await queryTest(db, ADOPT_ARRIVALS_SQL)
  expect(await follow(workspaceId, 2).readUntil(3)).toEqual([id(1), id(2), id(3)])
})

test('I8: a page is one range of its index, read in order and no further than the limit', async () => {
  const big = await createTestDatabase()
  const bigDb = big.open(1)
  const [mine, theirs] = [randomUUID(), randomUUID()]
  await queryTest(
    bigDb,
    `insert into events (workspace_id, event_id, event_type, created_at, body, poll_at, arrival_transaction)
     select case when i % 3 = 0 then $1::uuid else $2::uuid end, gen_random_uuid(), 'x.y', now(), '{}', now(), (i / 40)::text::xid8
     from generate_series(1, 30000) i`,
    [mine, theirs],
  )
  await queryTest(bigDb, 'vacuum analyze events')
  const middle = { server: 1n, transaction: 300n, eventId: id(1) }
  for (const after of [null, middle]) {
    const { text, values } = readArrivalsSql({ workspaceId: mine, after, limit: 50 })
    const rows = await queryTest<{ 'QUERY PLAN': string }>(
      bigDb,
      `explain (analyze, costs off, timing off) ${text}`,
      values,
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).not.toContain('Seq Scan')
    // The cursor is part of the range: what is before it is neither read nor filtered away.
    expect(plan).toMatch(/Index Scan using events_by_arrival on events \S* ?\(actual rows=50\b/)
    expect(plan).not.toContain('Removed by Filter')
    // One sort: of the page.
    expect(plan.match(/Sort Key/g)).toHaveLength(1)
  }
  await big.drop()
})
