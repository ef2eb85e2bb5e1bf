import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { DATABASE_POOLS } from '../../src/open-store.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { deliver } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, startTestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database, db } = await databaseOfThisFile()

test('I12: queries that hang keep neither webhooks nor the readiness check waiting, and those beyond the limit get 503 at once', async () => {
  const app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
  onTestFinished(() => app.stop())
  const { connections, waiting } = DATABASE_POOLS.queries
  const lock = await db.startTransaction().execute()
  await sql`lock table client_sessions in access exclusive mode`.execute(lock)
  const list = () =>
    fetch(`${app.url}/client_sessions/list`, { headers: { authorization: `Bearer ${MIRROR_API_KEY}` } })
  const hanging = Array.from({ length: connections + waiting }, list)
  const blocked = sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and application_name = 'seam-mirror' and wait_event_type = 'Lock'`
  await expect.poll(async () => (await blocked.execute(db)).rows[0]?.count).toBe(connections)

  // Some of the others may still be on their way; of so many, some find the queue full.
  const refused = await Promise.race(Array.from({ length: 20 }, list))
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)

  expect((await deliver(app.url, sampleEvent())).status).toBe(204)
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200)

  await lock.rollback().execute()
  expect(new Set((await Promise.all(hanging)).map(({ status }) => status))).toEqual(new Set([200]))
})
