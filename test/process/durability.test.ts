import { sql } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import type { Db } from '../../src/store/database.ts'
import { startService } from '../support/run-program.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { streamWebhooks, type WebhookStream } from '../support/webhook-stream.ts'

const CONNECTIONS = 20
const ROUNDS = 5

const { database } = await databaseOfThisFile()
let db: Db

beforeAll(async () => {
  db = database.open(1)
})

const start = () =>
  startService({
    DATABASE_URL: database.url,
    SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
    SEAM_WORKSPACE_ID: WORKSPACE_ID,
  })

async function missing(ids: readonly string[]): Promise<string[]> {
  const rows = await db.selectFrom('events').select('event_id').execute()
  const stored = new Set(rows.map(({ event_id }) => event_id))
  return ids.filter((id) => !stored.has(id))
}

async function acknowledgedMoreThan(stream: WebhookStream, count: number): Promise<void> {
  await expect.poll(() => stream.result.acknowledged.length, { interval: 1 }).toBeGreaterThan(count)
}

test('I14: at SIGTERM every delivery is answered 204 or 503 or not taken, each 204 is in Postgres, and it exits 0', async () => {
  const service = await start()
  const stream = streamWebhooks(service.url, CONNECTIONS)
  await acknowledgedMoreThan(stream, 200)
  service.kill('SIGTERM')
  const { code, stderr } = await service.exit
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  await stream.ended

  const { acknowledged, refused, unanswered } = stream.result
  expect(refused.filter((status) => status !== 503)).toEqual([])
  // A connection that is idle when the service stops is closed, and a request that is on its way at that moment goes nowhere.
  expect(
    unanswered.filter((why) => why !== 'ECONNREFUSED' && why !== 'ECONNRESET' && why !== 'EPIPE'),
  ).toEqual([])
  expect(unanswered.length).toBeLessThanOrEqual(2 * CONNECTIONS)
  expect(await missing(acknowledged)).toEqual([])
  expect(service.stdout()).toContain('"stopped"')
})

test('I1: the service outlives the loss of all its connections in the middle of statements, and loses nothing', async () => {
  const service = await start()
  const stream = streamWebhooks(service.url, CONNECTIONS)
  for (let round = 0; round < 5; round++) {
    await acknowledgedMoreThan(stream, stream.result.acknowledged.length + 50)
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`.execute(db)
  }
  await acknowledgedMoreThan(stream, stream.result.acknowledged.length + 50)
  stream.stop()
  await stream.ended
  expect(stream.result.unanswered).toEqual([])
  expect(new Set([503, ...stream.result.refused])).toEqual(new Set([503]))
  expect(await missing(stream.result.acknowledged)).toEqual([])
  service.kill('SIGTERM')
  expect((await service.exit).code).toBe(0)
})

test('I1: whatever was answered 2xx before a kill -9 is in Postgres after the restart, at any moment', async () => {
  const acknowledged: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const service = await start()
    const stream = streamWebhooks(service.url, CONNECTIONS)
    await acknowledgedMoreThan(stream, Math.floor(Math.random() * 400))
    service.kill('SIGKILL')
    expect((await service.exit).signal).toBe('SIGKILL')
    await stream.ended
    acknowledged.push(...stream.result.acknowledged)
  }
  const service = await start()
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
  expect(acknowledged.length).toBeGreaterThan(ROUNDS * CONNECTIONS)
  expect(await missing(acknowledged)).toEqual([])
  service.kill('SIGTERM')
  expect((await service.exit).code).toBe(0)
})
