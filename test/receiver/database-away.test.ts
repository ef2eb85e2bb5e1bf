import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { errorOf } from '../http/serve.ts'
import { WORKSPACE_ID, sampleEvent } from '../support/sample-event.ts'
import { deliver } from '../support/sign-delivery.ts'
import { startTestApp, type TestApp } from '../support/start-test-app.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database, db } = await databaseOfThisFile()
let proxy: TcpProxy
let app: TestApp

beforeAll(async () => {
  proxy = await startTcpProxy(database.url)
  app = await startTestApp(proxy.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
})
afterEach(async () => {
  await db.deleteFrom('events').execute()
})
afterAll(async () => {
  await app.stop()
  await proxy.stop()
})

const storedIds = async () =>
  (await db.selectFrom('events').select('event_id').execute()).map(({ event_id }) => event_id)

async function expectUnavailable(response: Response) {
  expect(response.status).toBe(503)
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  const error = await errorOf(response)
  expect(error.type).toBe('service_unavailable')
  // Nothing of the cause: no host, no table, no statement.
  expect(error.message).not.toMatch(/ECONN|127\.0\.0\.1|events|insert|relation/i)
}

describe('while a delivery cannot be stored', () => {
  test('I1: it is answered 503 with Retry-After, and stored when it comes again', async () => {
    const event = sampleEvent()
    expect((await deliver(app.url, sampleEvent())).status).toBe(204)
    await proxy.cut()
    try {
      await expectUnavailable(await deliver(app.url, event))
      await expectUnavailable(await deliver(app.url, 'not even JSON'))
      expect((await fetch(`${app.url}/livez`)).status).toBe(200)
    } finally {
      await proxy.restore()
    }
    expect(await storedIds()).not.toContain(event.event_id)
    expect((await deliver(app.url, event)).status).toBe(204)
    expect(await storedIds()).toContain(event.event_id)
  })

  test('I1: the connection lost in the middle of the commit is no 2xx', async () => {
    const events = Array.from({ length: 5 }, () => sampleEvent())
    const lock = await db.startTransaction().execute()
    await sql`lock table events in exclusive mode`.execute(lock)
    const answers = events.map((event) => deliver(app.url, event))
    const waiting = sql<{ pid: number }>`
      select pid from pg_stat_activity
      where datname = current_database() and application_name = 'seam-mirror' and wait_event_type = 'Lock'`
    await expect.poll(async () => (await waiting.execute(db)).rows.length).toBeGreaterThan(0)
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
    await lock.rollback().execute()
    const settled = await Promise.all(answers)
    const refused = settled.filter(({ status }) => status === 503)
    expect(refused.length).toBeGreaterThan(0)
    await Promise.all(refused.map(expectUnavailable))
    // Those that were not part of the lost batch may have been stored by the next one: what was acknowledged is there.
    const acknowledged = events.filter((_event, i) => settled[i]?.status === 204)
    expect((await storedIds()).toSorted()).toEqual(acknowledged.map((event) => event.event_id).toSorted())

    // The other connection may have been cut as well, and be found broken only now.
    for (const event of events)
      await expect.poll(async () => (await deliver(app.url, event)).status).toBe(204)
    expect(await storedIds()).toHaveLength(5)
  })

  test('a missing table, as in the middle of a restore, is 503 as well', async () => {
    const event = sampleEvent()
    await sql`alter table events rename to events_away`.execute(db)
    try {
      await expectUnavailable(await deliver(app.url, event))
    } finally {
      await sql`alter table events_away rename to events`.execute(db)
    }
    expect((await deliver(app.url, event)).status).toBe(204)
    expect(await storedIds()).toEqual([event.event_id])
  })

  test('a database that takes no writes, as during a failover, is 503 as well', async () => {
    const event = sampleEvent()
    const name = sql.id(new URL(database.url).pathname.slice(1))
    await sql`alter database ${name} set default_transaction_read_only = on`.execute(db)
    // The setting holds for new connections.
    await proxy.cut()
    await proxy.restore()
    try {
      await expectUnavailable(await deliver(app.url, event))
    } finally {
      await sql`alter database ${name} reset default_transaction_read_only`.execute(db)
      await proxy.cut()
      await proxy.restore()
    }
    expect((await deliver(app.url, event)).status).toBe(204)
  })
})
