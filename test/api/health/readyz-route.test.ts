import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startSimulatedSeam, type SimulatedSeam } from '../../../src/simulated-seam/start-simulated-seam.ts'
import type { Db } from '../../../src/store/database.ts'
import { errorOf } from '../../http/serve.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { deliver, WEBHOOK_SECRET } from '../../support/sign-delivery.ts'
import { startTestApp, type TestApp } from '../../support/start-test-app.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'

const { database } = await databaseOfThisFile()
let db: Db
let proxy: TcpProxy
let seam: SimulatedSeam
let app: TestApp

beforeAll(async () => {
  db = database.open(1)
  proxy = await startTcpProxy(database.url)
  seam = await startSimulatedSeam({ workspaceId: WORKSPACE_ID })
  app = await startTestApp(proxy.url, { SEAM_API_KEY: seam.apiKey, SEAM_ENDPOINT: seam.url })
})
afterAll(async () => {
  await app.stop()
  await seam.stop()
  await proxy.stop()
})

/** Waits until /readyz has this status, because an answer may be a second old. */
const readyzWith = async (status: number): Promise<Response> => {
  await expect.poll(async () => (await fetch(`${app.url}/readyz`)).status, { interval: 100 }).toBe(status)
  return fetch(`${app.url}/readyz`)
}

/** The status of /readyz; it must be 503 in Seam's shape, with the process alive. */
async function statusNotReady(): Promise<number> {
  const response = await readyzWith(503)
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).not.toBeNull()
  expect((await errorOf(response)).type).toBe('service_unavailable')
  expect((await fetch(`${app.url}/livez`)).status).toBe(200)
  return response.status
}

interface Readiness {
  ok: boolean
  database: string
  migrations: string
  workspaces: {
    workspace_id: string
    covered_to: string | null
    coverage_lag_seconds: number | null
    last_poll_outcome: string | null
    last_successful_poll_age_seconds: number | null
    client_sessions_age_seconds: number | null
  }[]
}

async function readiness(): Promise<Readiness> {
  const response = await readyzWith(200)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  return (await response.json()) as Readiness
}

describe('health', () => {
  test('/livez answers as long as the process does, without asking anybody', async () => {
    const response = await fetch(`${app.url}/livez`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ ok: true })
  })

  test('/readyz shows the database, the schema, and how far behind each polled workspace is', async () => {
    await app.pollers[0]?.pollNow()
    await app.sessionSyncs[0]?.syncNow()
    const ready = await readiness()
    expect(ready).toEqual({
      ok: true,
      database: 'ok',
      migrations: 'current',
      workspaces: [
        {
          workspace_id: WORKSPACE_ID,
          covered_to: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
          coverage_lag_seconds: expect.any(Number),
          last_poll_outcome: 'complete',
          last_successful_poll_age_seconds: expect.any(Number),
          client_sessions_age_seconds: expect.any(Number),
          last_client_sessions_sync_outcome: 'complete',
          seam_clock: 'agree',
          seam_clock_ahead_seconds: expect.any(Number),
        },
      ],
    })
    const [workspace] = ready.workspaces
    // The lag is the settle time, and the time that the test itself takes.
    expect(workspace?.coverage_lag_seconds).toBeGreaterThanOrEqual(300)
    expect(workspace?.coverage_lag_seconds).toBeLessThan(3600)
    expect(workspace?.last_successful_poll_age_seconds).toBeLessThan(3600)
  })

  test('E9: a copy of the client sessions that is frozen is shown, and does not make it unready', async () => {
    seam.setFaults({ rejectCredentials: true })
    try {
      await app.sessionSyncs[0]?.syncNow()
      await sql`update client_session_syncs set succeeded_at = now() - interval '2 hours'`.execute(db)
      await expect
        .poll(async () => (await readiness()).workspaces[0]?.client_sessions_age_seconds)
        .toBeGreaterThanOrEqual(7200)
      expect((await readiness()).workspaces).toMatchObject([{ last_client_sessions_sync_outcome: 'failed' }])
    } finally {
      seam.setFaults({ rejectCredentials: false })
    }
    await app.sessionSyncs[0]?.syncNow()
  })

  test('a failed poll is shown and does not make it unready: a replica out of rotation loses the webhooks too', async () => {
    seam.setFaults({ rejectCredentials: true })
    try {
      await app.pollers[0]?.pollNow()
    } finally {
      seam.setFaults({ rejectCredentials: false })
    }
    await expect
      .poll(async () => (await readiness()).workspaces)
      .toMatchObject([{ last_poll_outcome: 'failed', last_successful_poll_age_seconds: expect.any(Number) }])
    await app.pollers[0]?.pollNow()
    await expect
      .poll(async () => (await readiness()).workspaces)
      .toMatchObject([{ last_poll_outcome: 'complete' }])
  })

  test('/readyz is 503 while the schema is that of a newer release, or of an older one', async () => {
    await sql`insert into kysely_migration (name, timestamp) values ('0999_later', 'now')`.execute(db)
    expect(await statusNotReady()).toBe(503)
    await sql`delete from kysely_migration where name = '0999_later'`.execute(db)
    expect((await readiness()).migrations).toBe('current')

    const { rows } = await sql<{ name: string; timestamp: string }>`
      delete from kysely_migration where name = (select max(name) from kysely_migration) returning *`.execute(
      db,
    )
    expect(await statusNotReady()).toBe(503)
    await sql`insert into kysely_migration values (${rows[0]?.name}, ${rows[0]?.timestamp})`.execute(db)
    await readiness()
  })

  test('E3: readiness that takes long, asked by 150 at once, keeps one connection busy and no webhook waiting', async () => {
    const lock = await database.open(1).startTransaction().execute()
    await sql`lock table poll_runs in access exclusive mode`.execute(lock)
    const waiting = async () => {
      const { rows } = await sql`
        select 1 from pg_stat_activity
        where datname = current_database() and application_name = 'seam-mirror' and wait_event_type = 'Lock'`.execute(
        db,
      )
      return rows.length
    }
    try {
      const asked: Promise<Response>[] = []
      const ask = () => void asked.push(fetch(`${app.url}/readyz`))
      // The last answer may still be used for a second.
      await expect
        .poll(() => {
          ask()
          return waiting()
        })
        .toBe(1)
      for (let i = 0; i < 150; i++) ask()
      for (let i = 0; i < 10; i++) {
        const event = sampleEvent({ workspace_id: WORKSPACE_ID })
        expect((await deliver(app.url, event)).status).toBe(204)
      }
      expect(await waiting()).toBeLessThanOrEqual(1)
      // By the time they are answered, Postgres has ended the statement.
      const statuses = (await Promise.all(asked.slice(-150))).map(({ status }) => status)
      expect(new Set(statuses)).toEqual(new Set([503]))
    } finally {
      await lock.rollback().execute()
    }
    await readiness()
  })

  test('/readyz is 503 while the database takes no writes, and says so', async () => {
    const name = sql.id(new URL(database.url).pathname.slice(1))
    await sql`alter database ${name} set default_transaction_read_only = on`.execute(db)
    // The setting applies to new connections only.
    await proxy.cut()
    await proxy.restore()
    try {
      const said = async () => (await errorOf(await readyzWith(503))).message
      await expect.poll(said).toContain('takes no writes')
    } finally {
      await sql`set default_transaction_read_only = off`.execute(db)
      await sql`alter database ${name} reset default_transaction_read_only`.execute(db)
    }
    // Its connection has the old setting until it is asked again, when it is given up.
    await readiness()
  })

  test('/readyz is 503 while the database is away, and 200 when it is back', async () => {
    await readiness()
    await proxy.cut()
    try {
      expect(await statusNotReady()).toBe(503)
    } finally {
      await proxy.restore()
    }
    await readiness()
  })

  test('B6: /readyz is 503 while no settings let an event arrive, and one true sentence of the log says why', async () => {
    const deaf = await startTestApp(database.url, { SEAM_WEBHOOK_SECRET: '' })
    onTestFinished(() => deaf.stop())
    const response = await fetch(`${deaf.url}/readyz`)
    expect(response.status).toBe(503)
    expect((await errorOf(response)).message).toMatch(/^Nothing can arrive: neither Seam credentials nor/)
    expect((await fetch(`${deaf.url}/livez`)).status).toBe(200)
    const said = deaf.logs.filter(({ msg }) => /arriv|poll/i.test(String(msg)))
    expect(said).toMatchObject([{ level: 40, msg: expect.stringMatching(/^nothing can arrive: /) }])
  })

  test.each([
    ['a webhook secret', { SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET }],
    ['credentials', { SEAM_WEBHOOK_SECRET: '', SEAM_API_KEY: 'seam_test1_a_key' }],
  ])('B6: /readyz is 200 with only %s', async (_what, environment) => {
    const one = await startTestApp(database.url, { SEAM_ENDPOINT: seam.url, ...environment })
    onTestFinished(() => one.stop())
    expect((await fetch(`${one.url}/readyz`)).status).toBe(200)
  })
})
