import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import type { ArrivalCursor } from '../../src/store/events/arrival-cursor.ts'
import { readArrivals } from '../../src/store/events/read-arrivals.ts'
import { startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { migrate, MIGRATIONS_DIR } from '../../src/postgres/migrate.ts'
import type { Db } from '../../src/store/database.ts'
import { openTestPool } from '../support/open-test-pool.ts'
import { deliver } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, startTestApp } from '../support/start-test-app.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { startTransactionPooler } from '../support/transaction-pooler.ts'

/* Behind a pooler in transaction mode nothing of a session holds: no settings, no session locks, no prepared statements. */

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

async function pooled({ migrated = true } = {}) {
  const database = await createTestDatabase({ migrated })
  const pooler = await startTransactionPooler(database.url, 3)
  undo.push(
    () => database.drop(),
    () => pooler.stop(),
  )
  return { database, pooler }
}

test('I13: two replicas behind it receive, poll under one lease, and serve a complete copy', async () => {
  const { database, pooler } = await pooled()
  const seam = await startSimulatedSeam({ seed: 5 })
  undo.push(() => seam.stop())
  const history = seam.fill({ count: 1_200, from: Date.now() - 1_800_000, to: Date.now() - 60_000 })
  const environment = {
    SEAM_ENDPOINT: seam.url,
    SEAM_API_KEY: seam.apiKey,
    SEAM_MIRROR_SETTLE_SECONDS: '1',
  }
  const apps = await Promise.all([
    startTestApp(pooler.url, environment),
    startTestApp(pooler.url, environment),
  ])
  undo.push(() => Promise.all(apps.map((app) => app.stop())))
  const pollers = apps.flatMap((app) => app.pollers)
  await Promise.all(pollers.map((poller) => poller.pollNow()))
  expect(pollers.filter((poller) => poller.status().isStandby)).toHaveLength(1)

  const pushed = seam.add(Array.from({ length: 40 }, () => ({ event_type: 'lock.locked' })))
  const answers = await Promise.all(pushed.map((event, i) => deliver(apps[i % 2]?.url ?? '', event)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))

  const listed = await fetch(`${apps[1]?.url}/events/list?since=2000-01-01T00:00:00Z&limit=1000`, {
    headers: { authorization: `Bearer ${MIRROR_API_KEY}` },
  })
  const { events } = (await listed.json()) as { events: { event_id: string }[] }
  expect(events).toHaveLength(1_000)
  const rows = await database.open(1).selectFrom('events').select('event_id').execute()
  const ids = [...history, ...pushed].map(({ event_id }) => event_id)
  expect(rows.map(({ event_id }) => event_id).toSorted()).toEqual(ids.toSorted())

  // I8 through it as well: each call may be on another connection.
  const db = openThrough(pooler.url)
  const seen: string[] = []
  let after: ArrivalCursor | null = null
  // Transactions of other databases of the server hold the newest events back for a while.
  await expect
    .poll(
      async () => {
        const page = await readArrivals(db, { workspaceId: seam.workspaceId, after, limit: 100 })
        seen.push(...page.events.map(({ cursor }) => cursor.eventId))
        after = page.cursor
        return seen.length
      },
      { interval: 1 },
    )
    .toBeGreaterThanOrEqual(ids.length)
  expect(seen.toSorted()).toEqual(ids.toSorted())
  expect(pooler.transactions()).toBeGreaterThan(30)
})

test('settings that it refuses are left out, and the log says once what to set for the role', async () => {
  const { pooler } = await pooled()
  const app = await startTestApp(pooler.url)
  undo.push(() => app.stop())
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200)
  expect(pooler.refused()).toBeGreaterThan(0)
  const told = app.logs.filter(({ remedy }) => remedy !== undefined)
  expect(told).toHaveLength(1)
  expect(told[0]?.remedy).toMatch(/^alter role ".+" set statement_timeout = \d+; alter role/)
})

test('five starts at once through it migrate an empty database once', async () => {
  const { database, pooler } = await pooled({ migrated: false })
  const apps = await Promise.all(Array.from({ length: 5 }, () => startTestApp(pooler.url)))
  undo.push(() => Promise.all(apps.map((app) => app.stop())))
  const applied = apps.flatMap(({ logs }) => logs.filter((line) => line.applied !== undefined))
  expect(applied).toHaveLength(1)
  expect(await advisoryLocks(database)).toEqual([])
})

test('a migration that fails leaves nothing behind on its connections', async () => {
  const { database, pooler } = await pooled()
  const folder = await mkdtemp(path.join(tmpdir(), 'seam-mirror-migrations-'))
  undo.push(() => rm(folder, { recursive: true }))
  await cp(MIGRATIONS_DIR, folder, { recursive: true })
  await writeFile(path.join(folder, '9999_broken.sql'), 'create table half (id int); select 1 / 0')
  const db = openThrough(pooler.url)
  await expect(migrate(db, folder)).rejects.toThrow('9999_broken failed: division by zero')
  expect(await advisoryLocks(database)).toEqual([])
  await writeFile(path.join(folder, '9999_broken.sql'), 'create table whole (id int)')
  await expect(migrate(db, folder)).resolves.toEqual({ applied: ['9999_broken'] })
})

/** A lock of a session would stay on one of the pooler's connections. */
async function advisoryLocks(database: TestDatabase): Promise<unknown[]> {
  const { rows } = await sql`
    select objid from pg_locks
    where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
  `.execute(database.open(1))
  return rows
}

function openThrough(connectionString: string): Db {
  const db = openTestPool(connectionString, { maxConnections: 2 })
  undo.push(() => db.destroy())
  return db
}
