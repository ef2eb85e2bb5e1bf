import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEVICE_FACTS } from '../../../src/domain/device-facts.ts'
import { parseEvent } from '../../../src/domain/event.ts'
import { foldWorkspace } from '../../../src/folds/fold-workspace.ts'
import { ingestInTransaction } from '../../../src/ingest/ingest-batch.ts'
import { runSql } from '../../../src/postgres/open-database.ts'
import { sql } from '../../../src/postgres/sql.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'
import { foldPage } from '../../../src/store/folds/fold-page.ts'
import { lockFold } from '../../../src/store/folds/lock-fold.ts'
import { type DeviceQuery, type ListedDevice, listDevices } from '../../../src/store/devices/list-devices.ts'
import { saveNames } from '../../../src/store/names/save-names.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'
import { type DeviceEvent, type DeviceName, expectedDevices } from './expected-devices.ts'

const { db } = await databaseOfThisFile()

const uuid = (kind: string, n: number) => `${kind.repeat(8)}-0000-4000-8000-${String(n).padStart(12, '0')}`
const devices = [0, 1, 2, 3].map((n) => uuid('d', n))
const accounts = [0, 1, 2].map((n) => uuid('c', n))

const spaces = [uuid('b', 0), uuid('b', 1)]
/** Of the last device, only the name is known. */
const names: DeviceName[] = [
  { id: uuid('d', 0), name: 'Room 204', connectedAccountId: uuid('c', 0), spaceIds: spaces },
  { id: uuid('d', 1), name: 'Suite', connectedAccountId: uuid('c', 1), spaceIds: [spaces[0] as string] },
  { id: uuid('d', 9), name: 'room 2040', connectedAccountId: uuid('c', 0), spaceIds: [] },
]

async function saveTheNames(workspaceId: string): Promise<void> {
  await saveNames(
    db,
    { workspaceId, kind: 'device', askedAt: '2026-06-01T00:00:00Z' },
    names.map((name) => ({
      ...name,
      deviceType: null,
      manufacturer: null,
      deviceId: null,
      customMetadata: null,
    })),
  )
}

/** Few devices, few instants and many states, so that everything meets everything: ties, repeated states, devices that change accounts. */
const event: fc.Arbitrary<Omit<DeviceEvent, 'event_id'>> = fc.record(
  {
    event_type: fc.constantFrom(...DEVICE_FACTS.map(({ eventType }) => eventType), 'access_code.created'),
    created_at: fc.nat(30).map((n) => `2026-06-15T16:00:${String(n).padStart(2, '0')}.000Z`),
    device_id: fc.constantFrom(...devices),
    occurred_at: fc.nat(30).map((n) => `2026-06-15T15:00:${String(n).padStart(2, '0')}.500Z`),
    connected_account_id: fc.constantFrom(...accounts),
    error_code: fc.constantFrom<unknown>('device_disconnected', 'hub_disconnected', 7),
    battery_status: fc.constantFrom<unknown>('low', 'critical', 'good', null),
    battery_level: fc.constantFrom<unknown>(0.07, 1, 'full'),
    method: fc.constantFrom('keycode', 'manual'),
    access_code_id: fc.constantFrom(uuid('a', 1)),
    note: fc.constantFrom('plain', 'NUL \0 here', 'half \ud83d', '\\\\u0000 \\', 'smile 😀'),
  },
  { requiredKeys: ['event_type', 'created_at', 'device_id'] },
)

type Step =
  | { do: 'store'; events: Omit<DeviceEvent, 'event_id'>[]; isHeld: boolean }
  | { do: 'commit' }
  | { do: 'fold'; pageEvents: number; isKilled: boolean }
  | { do: 'ask'; query: AskedQuery }

type AskedQuery = Omit<DeviceQuery, 'workspaceId' | 'following'>

const query: fc.Arbitrary<AskedQuery> = fc.record(
  {
    visibility: fc.oneof(
      { weight: 2, arbitrary: fc.constant({ kind: 'all' as const }) },
      fc.record({ kind: fc.constant('only' as const), connectedAccountIds: fc.subarray(accounts) }),
    ),
    at: fc.option(fc.nat(31).map((n) => BigInt(Date.parse('2026-06-15T16:00:00Z') + n * 1000) * 1000n)),
    order: fc.constantFrom('longest' as const, 'shortest' as const),
    limit: fc.integer({ min: 1, max: 5 }),
    connection: fc.constantFrom('connected', 'disconnected', 'flaky', 'unknown'),
    battery: fc.constantFrom('low', 'critical', 'unknown'),
    isRemoved: fc.boolean(),
    connectedAccountId: fc.constantFrom(...accounts),
    deviceIds: fc.subarray(devices, { minLength: 1 }),
    spaceId: fc.constantFrom(...spaces),
    q: fc.constantFrom('204', 'ROOM', uuid('d', 2), 'nowhere'),
  },
  { requiredKeys: ['visibility', 'at', 'order', 'limit'] },
)

const everything: AskedQuery = { visibility: { kind: 'all' }, at: null, order: 'longest', limit: 100 }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('store' as const),
    events: fc.array(event, { minLength: 1, maxLength: 8 }),
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
  await saveTheNames(workspaceId)
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
  const holds = fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), run)
  expect(await fc.check(holds, { numRuns: 150 })).toMatchObject({ failed: false, error: null })
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
