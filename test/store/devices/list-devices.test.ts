import type { DeviceQuery } from '../../../src/store/devices/device-query.ts'
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseEvent } from '../../../src/domain/event.ts'
import { foldWorkspace } from '../../../src/folds/fold-workspace.ts'
import { ingestInTransaction } from '../../../src/ingest/ingest-batch.ts'
import { runSql } from '../../../src/postgres/open-database.ts'
import { sql } from '../../../src/postgres/sql.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'
import { foldPage } from '../../../src/store/folds/fold-page.ts'
import { lockFold } from '../../../src/store/folds/lock-fold.ts'
import { type ListedDevice, listDevices } from '../../../src/store/devices/list-devices.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'
import { type DeviceEvent, expectedDevices } from './expected-devices.ts'
import { event, filter, names, saveTheNames, visibility } from './generated-events.ts'

const { db } = await databaseOfThisFile()

type Step =
  | { do: 'store'; events: Omit<DeviceEvent, 'event_id'>[]; isHeld: boolean }
  | { do: 'commit' }
  | { do: 'fold'; pageEvents: number; isKilled: boolean }
  | { do: 'ask'; query: AskedQuery }

type AskedQuery = Omit<DeviceQuery, 'workspaceId' | 'following'>

const stateFilter: fc.Arbitrary<Partial<DeviceQuery>> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.record({ connection: fc.constantFrom('connected', 'disconnected', 'flaky', 'unknown') }),
  fc.record({ battery: fc.constantFrom('low', 'critical', 'unknown') }),
  fc.record({ isRemoved: fc.boolean() }),
  fc.record({
    isRemoved: fc.constant(false),
    battery: fc.constant('low'),
    connection: fc.constant('connected'),
  }),
)

const query: fc.Arbitrary<AskedQuery> = fc
  .tuple(
    fc.record({
      visibility,
      at: fc.option(fc.nat(31).map((n) => BigInt(Date.parse('2026-06-15T16:00:00Z') + n * 1000) * 1000n)),
      order: fc.constantFrom('longest' as const, 'shortest' as const),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
    filter,
    stateFilter,
  )
  .map(([rest, filters, states]) => ({ ...rest, ...filters, ...states }))

const everything: AskedQuery = { visibility: { kind: 'all' }, at: null, order: 'longest', limit: 100 }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('store' as const),
    events: fc.array(event, { minLength: 1, maxLength: 12, size: 'max' }),
    isHeld: fc.boolean(),
  }),
  fc.constant<Step>({ do: 'commit' }),
  fc.record({
    do: fc.constant('fold' as const),
    pageEvents: fc.integer({ min: 1, max: 9 }),
    isKilled: fc.boolean(),
  }),
  fc.record({ do: fc.constant('ask' as const), query }),
)

/** All pages, one after the other. */
async function readAll(workspaceId: string, asked: AskedQuery): Promise<Omit<ListedDevice, 'position'>[]> {
  const found: Omit<ListedDevice, 'position'>[] = []
  let following: DeviceQuery['following']
  for (;;) {
    const page = await listDevices(db, { ...asked, workspaceId, following })
    for (const { position, ...device } of page) {
      found.push(device)
      following = position
    }
    if (page.length < asked.limit) return found
  }
}

async function run(steps: readonly Step[]): Promise<void> {
  const workspaceId = randomUUID()
  await saveTheNames(db, workspaceId)
  const stored: DeviceEvent[] = []
  const held: { events: DeviceEvent[]; end: () => Promise<void> }[] = []
  const commitNext = async () => {
    const next = held.shift()
    if (next === undefined) return
    await next.end()
    stored.push(...next.events)
  }
  async function take(each: Step): Promise<void> {
    if (each.do === 'store') {
      const events = each.events.map((fields) => ({ event_id: randomUUID(), ...fields }) as DeviceEvent)
      const trx = await db.startTransaction().execute()
      const items = events.map((one) => parseEvent(JSON.stringify(one), workspaceId))
      await ingestInTransaction(trx, items, 'webhook', maskingSecrets())
      held.push({ events, end: () => trx.commit().execute() })
      if (!each.isHeld || held.length > 3) await commitNext()
    } else if (each.do === 'commit') await commitNext()
    else if (each.do === 'fold') await fold(workspaceId, each)
    else {
      const found = await readAll(workspaceId, each.query)
      expect(found).toEqual(expectedDevices(stored, names, each.query))
    }
  }
  try {
    for (const each of steps) await take(each)
    await take({ do: 'ask', query: everything })
  } finally {
    while (held.length > 0) await commitNext()
  }
}

async function fold(workspaceId: string, { pageEvents, isKilled }: Step & { do: 'fold' }): Promise<void> {
  if (!isKilled) {
    await foldWorkspace(db, workspaceId, pageEvents)
    return
  }
  const trx = await db.startTransaction().execute()

  await foldPage(trx, workspaceId, await lockFold(trx, workspaceId), pageEvents)
  await trx.rollback().execute()
}

test('I16, I10: kept states and unfolded events give what all events tell, now and at any instant, in whatever order they came', async () => {
  const holds = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14, size: 'max' }), run)
  expect(await fc.check(holds, { numRuns: 80 })).toMatchObject({ failed: false, error: null })
})

/** Folds, and returns how many events are folded: other test files' transactions hold the fold back as well. */
async function foldedAfter(workspaceId: string): Promise<number | undefined> {
  await foldWorkspace(db, workspaceId)
  const [row] = await runSql<{ folded: number }>(
    db,
    sql`select folded_events::int as folded from folds where workspace_id = ${workspaceId}`,
  )
  return row?.folded
}

test('the same events in any order are folded to the same rows', async () => {
  const rowsAfter = async (events: readonly DeviceEvent[]) => {
    const workspaceId = randomUUID()
    for (const one of events) {
      await db
        .transaction()
        .execute((trx) =>
          ingestInTransaction(trx, [parseEvent(JSON.stringify(one), workspaceId)], 'poll', maskingSecrets()),
        )
      await foldWorkspace(db, workspaceId)
    }
    await expect.poll(() => foldedAfter(workspaceId), { timeout: 60_000 }).toBe(events.length)
    return runSql(
      db,
      sql`select device_id, facet, state, since::text, event_id, details::text, newest_at::text, newest_id, is_bounded
       from device_states where workspace_id = ${workspaceId} order by 1, 2`,
    )
  }
  const holds = fc.asyncProperty(
    fc.array(event, { minLength: 2, maxLength: 8 }),
    fc.infiniteStream(fc.nat()),
    async (fields, salt) => {
      const events = fields.map((each) => ({ event_id: randomUUID(), ...each }) as DeviceEvent)
      const shuffled = events
        .map((one) => ({ one, place: salt.next().value }))
        .toSorted((a, b) => a.place - b.place)
        .map(({ one }) => one)
      expect(await rowsAfter(shuffled)).toEqual(await rowsAfter(events))
    },
  )
  expect(await fc.check(holds, { numRuns: 30 })).toMatchObject({ failed: false, error: null })
})

test('a kept state outlives its events, and the same state told again goes on from when it began', async () => {
  const workspaceId = randomUUID()
  const deviceId = randomUUID()
  const store = (event_type: string, seconds: number) =>
    db.transaction().execute((trx) => {
      const created_at = `2026-06-15T16:00:0${seconds}.000Z`
      const text = JSON.stringify({ event_id: randomUUID(), event_type, created_at, device_id: deviceId })
      return ingestInTransaction(trx, [parseEvent(text, workspaceId)], 'poll', maskingSecrets())
    })
  const connection = async () => {
    const [device] = await listDevices(db, { workspaceId, ...everything })
    return [device?.states.connection?.state, device?.states.connection?.since]
  }
  await store('device.connected', 1)
  await store('device.disconnected', 2)
  await expect.poll(() => foldedAfter(workspaceId), { timeout: 60_000 }).toBe(2)
  await runSql(db, sql`delete from events where workspace_id = ${workspaceId}`)
  const began = ['disconnected', '2026-06-15T16:00:02.000000Z']
  expect(await connection()).toEqual(began)
  await store('device.disconnected', 4)
  expect(await connection()).toEqual(began)
  await expect.poll(() => foldedAfter(workspaceId), { timeout: 60_000 }).toBe(3)
  expect(await connection()).toEqual(began)
  await store('device.connected', 6)
  expect(await connection()).toEqual(['connected', '2026-06-15T16:00:06.000000Z'])
})
