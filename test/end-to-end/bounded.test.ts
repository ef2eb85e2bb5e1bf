import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { issueKey } from '../../src/access/issue-key.ts'
import { createKey } from '../../src/access/key-format.ts'
import { QUERY_SHARES } from '../../src/app/limits.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { deliver } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, startTestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database, db } = await databaseOfThisFile()

test('E4, I12: queries of one caller that hang keep neither webhooks nor the readiness check nor other callers waiting; more of them are refused at once', async () => {
  const app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
  onTestFinished(() => app.stop())
  const { slotsPerCaller, waitingPerCaller } = QUERY_SHARES
  const lock = await db.startTransaction().execute()
  await sql`lock table client_sessions in access exclusive mode`.execute(lock)
  const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })
  const list = () => fetch(`${app.url}/client_sessions/list`, as(MIRROR_API_KEY))
  const hanging = Array.from({ length: slotsPerCaller + waitingPerCaller }, list)
  const blocked = sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and application_name = 'seam-mirror' and wait_event_type = 'Lock'`
  await expect
    .poll(async () => (await blocked.execute(db)).rows[0]?.count, { timeout: 60_000 })
    .toBe(slotsPerCaller)

  // Some of the others may still be on their way. There are so many that some find the queue full.
  const refused = await Promise.race(Array.from({ length: 20 }, list))
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)

  const other = await issueKey(db, { ...KEY, workspaceIds: [WORKSPACE_ID] })
  for (let i = 0; i < 3; i++) {
    const events = await fetch(`${app.url}/events/list?since=2020-01-01`, as(other.key))
    expect(events.status).toBe(200)
  }
  expect((await deliver(app.url, sampleEvent())).status).toBe(204)
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200)

  await lock.rollback().execute()
  const statuses = (await Promise.all(hanging)).map(({ status }) => status)
  // On a slow machine the last of them have waited too long for their turn.
  expect(statuses.slice(0, 1)).toEqual([200])
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([])
})

test('E5, I12: six hundred callers with keys that nobody has are one question to the database, and no query waits for it', async () => {
  const app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
  onTestFinished(() => app.stop())
  const { key } = await issueKey(db, { ...KEY, workspaceIds: [WORKSPACE_ID] })
  const ask = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`${app.url}/events/list?since=2020-01-01`, { headers })).status
  }
  const lock = await db.startTransaction().execute()
  await sql`lock table api_keys in access exclusive mode`.execute(lock)
  const guesses = Array.from({ length: 600 }, () => ask(createKey('api_key').key))
  const blocked = sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and application_name = 'seam-mirror' and wait_event_type = 'Lock'`
  await expect
    .poll(async () => (await blocked.execute(db)).rows[0]?.count, { timeout: 60_000 })
    .toBeGreaterThan(0)
  // This key is not looked up.
  for (let i = 0; i < 3; i++) expect(await ask(MIRROR_API_KEY)).toBe(200)
  expect((await blocked.execute(db)).rows[0]?.count).toBe(1)
  await lock.rollback().execute()
  expect(await ask(key)).toBe(200)
  const statuses = new Set(await Promise.all(guesses))
  // Those that were asked for while the table was locked may have waited for too long on a slow machine.
  statuses.delete(503)
  expect(statuses).toEqual(new Set([401, 429]))
})

const KEY = {
  kind: 'api_key',
  name: 'other',
  scopes: ['events:read'],
  expires: null,
  now: new Date(),
} as const
