import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Db } from '../../src/store/database.ts'
import { type Program, startProgram } from '../support/run-program.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { deliver, WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY } from '../support/start-test-app.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { createTestDatabase, databaseOfThisFile } from '../support/test-database.ts'

const { database } = await databaseOfThisFile()

const ENVIRONMENT = {
  HOST: '127.0.0.1',
  PORT: '0',
  SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
  SEAM_WORKSPACE_ID: WORKSPACE_ID,
  SEAM_MIRROR_API_KEY: MIRROR_API_KEY,
}

async function isMigrationWaiting(db: Db): Promise<boolean> {
  const { rows } = await sql`
    select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%pg_advisory_xact_lock%'`.execute(
    db,
  )
  return rows.length === 1
}

describe('while its database is away', () => {
  const linesOf = (program: Program) =>
    program
      .stdout()
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as { msg: string; url?: string; reason?: string; level: number })
  /** As soon as it can be asked, long before it listens in earnest. */
  async function openPort(program: Program): Promise<string> {
    const urlIn = () => linesOf(program).find(({ url }) => url !== undefined)?.url
    await expect.poll(urlIn).toBeDefined()
    return urlIn() ?? ''
  }

  test('B7: its port is open: /livez 200, everything else 503 with Retry-After; then the same port serves', async () => {
    const proxy = await startTcpProxy(database.url)
    onTestFinished(() => proxy.stop())
    await proxy.cut()
    const service = startProgram('bin/seam-mirror.js', ['serve'], { ...ENVIRONMENT, DATABASE_URL: proxy.url })
    const url = await openPort(service)
    const event = sampleEvent()
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    for (const ask of [
      () => deliver(url, event),
      () => fetch(`${url}/readyz`),
      () => fetch(`${url}/events/list`, { headers: { authorization: `Bearer ${MIRROR_API_KEY}` } }),
      () => fetch(`${url}/nothing/at/all`),
    ]) {
      const answer = await ask()
      expect(answer.status).toBe(503)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(answer.headers.get('seam-request-id')).not.toBeNull()
      expect(await answer.json()).toMatchObject({ ok: false, error: { type: 'service_unavailable' } })
    }
    await proxy.restore()
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200)
    expect((await deliver(url, event)).status).toBe(204)
    service.kill('SIGTERM')
    expect((await service.exit).code).toBe(0)
  })

  test('A3: it waits for as long as it takes, with one line a try that says why, and no stack', async () => {
    const service = startProgram('bin/seam-mirror.js', ['serve'], {
      ...ENVIRONMENT,
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere',
    })
    const waits = () => linesOf(service).filter(({ msg }) => msg === 'waiting for the database')
    await expect.poll(() => waits().length).toBeGreaterThanOrEqual(3)
    for (const line of waits()) {
      expect(line).toMatchObject({ level: 40, reason: 'connect ECONNREFUSED 127.0.0.1:1.' })
      expect(JSON.stringify(line)).not.toContain('stack')
    }
    service.kill('SIGTERM')
    expect(await service.exit).toMatchObject({ signal: null, code: 0, stderr: '' })
  })

  test('A3, B7: a connection that breaks in the middle of the start is no reason to give up', async () => {
    const fresh = await createTestDatabase({ migrated: false })
    onTestFinished(() => fresh.drop())
    const proxy = await startTcpProxy(fresh.url)
    onTestFinished(() => proxy.stop())
    const db = fresh.open(2)
    const other = await db.startTransaction().execute()
    await sql`select pg_advisory_xact_lock(7326001001)`.execute(other)
    const service = startProgram('bin/seam-mirror.js', ['serve'], { ...ENVIRONMENT, DATABASE_URL: proxy.url })
    await expect.poll(() => isMigrationWaiting(db)).toBe(true)
    const url = await openPort(service)
    await proxy.cut()
    await other.rollback().execute()
    await expect.poll(() => linesOf(service).map(({ msg }) => msg)).toContain('waiting for the database')
    await proxy.restore()
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200)
    service.kill('SIGTERM')
    expect(await service.exit).toMatchObject({ signal: null, code: 0, stderr: '' })
  })

  test('I14, B7: told to stop in the middle of a migration, it undoes that and exits 0', async () => {
    const fresh = await createTestDatabase({ migrated: false })
    onTestFinished(() => fresh.drop())
    const db = fresh.open(2)
    const other = await db.startTransaction().execute()
    await sql`select pg_advisory_xact_lock(7326001001)`.execute(other)
    const service = startProgram('bin/seam-mirror.js', ['serve'], { ...ENVIRONMENT, DATABASE_URL: fresh.url })
    await expect.poll(() => isMigrationWaiting(db)).toBe(true)
    expect((await fetch(`${await openPort(service)}/livez`)).status).toBe(200)
    service.kill('SIGTERM')
    expect(await service.exit).toMatchObject({ signal: null, code: 0, stderr: '' })
    await other.rollback().execute()
    const { rows } = await sql`select 1 from pg_tables where tablename = 'events'`.execute(db)
    expect(rows).toEqual([])
  })
})
