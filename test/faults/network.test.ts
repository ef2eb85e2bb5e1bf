import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../support/query-test.ts'
import { expectNoFalseClaim, expectSame } from '../poller/poller-rig.ts'
import { startProgram } from '../support/run-program.ts'
import { deliver } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY } from '../support/start-test-app.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { streamWebhooks } from '../support/webhook-stream.ts'
import { BEHIND_MS, deliverUntilTaken, expectAllGoodAgain, settingsFor, startFaultRig } from './fault-rig.ts'

/* The way between the service and its Postgres. */

const { database, db } = await databaseOfThisFile()

async function throughProxy() {
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.stop())
  return { proxy, rig: await startFaultRig({ url: proxy.url, db }) }
}

test('I1, I12: in a silent network a webhook and a query are answered 503 in a bounded time, a poll proves nothing, and afterwards all is there once', async () => {
  const { proxy, rig } = await throughProxy()
  const [taken, pushed] = rig.seam.emit(2)
  expect((await deliver(rig.app.url, taken ?? {})).status).toBe(204)
  rig.seam.setFaults({ clockOffsetMs: 30_000 - BEHIND_MS })
  const before = await rig.coverage()

  proxy.silence()
  const polled = rig.app.pollers[0]?.pollNow()
  const headers = { authorization: `Bearer ${MIRROR_API_KEY}` }
  const [answer, query, alive] = await Promise.all([
    deliver(rig.app.url, pushed ?? {}),
    fetch(`${rig.app.url}/events/list?since=2020-01-01`, { headers }),
    fetch(`${rig.app.url}/livez`),
  ])
  expect([answer.status, query.status, alive.status]).toEqual([503, 503, 200])
  expect(await rig.coverage()).toEqual(before)

  proxy.resume()
  await polled
  await expectNoFalseClaim(rig)
  await deliverUntilTaken(rig.app.url, pushed)
  await expectAllGoodAgain(rig)
})

test('I1: when its connections are cut one by one, each at some moment of its work, nothing acknowledged is lost', async () => {
  const { rig } = await throughProxy()
  const stream = streamWebhooks(rig.app.url, 10, rig.workspaceId)
  let cuts = 0
  for (let round = 0; round < 40; round++) {
    const { length } = stream.result.acknowledged
    await expect.poll(() => stream.result.acknowledged.length, { interval: 1 }).toBeGreaterThan(length + 5)
    const { rows } = await sql`
      select pg_terminate_backend(pid) from (
        select pid from pg_stat_activity
        where datname = current_database() and application_name = 'seam-mirror' and query like '%insert into events%'
          and pid <> pg_backend_pid()
        order by random() limit 1
      ) as one`.execute(db)
    cuts += rows.length
  }
  expect(cuts).toBeGreaterThan(20)
  stream.stop()
  await stream.ended
  expect(stream.result.unanswered).toEqual([])
  expect(new Set([503, ...stream.result.refused])).toEqual(new Set([503]))
  const rows = await queryTest<{ id: string }>(db, 'select event_id::text as id from events')
  const stored = new Set(rows.map(({ id }) => id))
  expect(stream.result.acknowledged.filter((id) => !stored.has(id))).toEqual([])
})

test('I14: a service that is started while Postgres is away waits for it, and then polls and receives', async () => {
  const proxy = await startTcpProxy(database.url)
  onTestFinished(() => proxy.stop())
  const seam = await startSimulatedSeam({ seed: 12, workspaceId: crypto.randomUUID() })
  onTestFinished(() => seam.stop())
  seam.fill({ count: 50, from: Date.now() - 3_600_000, to: Date.now() - 10_000 })
  await proxy.cut()
  const service = startProgram('bin/seam-mirror.js', ['serve'], {
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: proxy.url,
    ...settingsFor(seam),
  })
  await expect.poll(() => service.stdout()).toContain('waiting for the database')
  await proxy.restore()
  await expect.poll(() => service.stdout()).toContain('"listening"')
  const line =
    service
      .stdout()
      .split('\n')
      .find((text) => text.includes('"listening"')) ?? ''
  const { url } = JSON.parse(line) as { url: string }
  const [event] = seam.emit(1)
  await deliverUntilTaken(url, event)
  const pair = { db, seam, workspaceId: seam.workspaceId }
  await expect.poll(() => expectSame(pair).then(() => 'the same', String)).toBe('the same')
  await expectNoFalseClaim(pair)
  service.kill('SIGTERM')
  expect((await service.exit).code).toBe(0)
})

test('I14: a start whose connection is cut in the middle goes on with another one', async () => {
  const lock = await db.startTransaction().execute()
  await sql`lock table page_cursor_key in access exclusive mode`.execute(lock)
  const service = startProgram('bin/seam-mirror.js', ['serve'], {
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: database.url,
    SEAM_MIRROR_API_KEY: MIRROR_API_KEY,
  })
  const cut = sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query ilike '%page_cursor_key%'`
  try {
    await expect.poll(async () => (await cut.execute(db)).rows.length).toBe(1)
  } finally {
    await lock.rollback().execute()
  }
  await expect.poll(() => service.stdout()).toContain('"listening"')
  expect(service.stdout()).toContain('waiting for the database')
  service.kill('SIGTERM')
  expect(await service.exit).toMatchObject({ code: 0, stderr: '' })
})
