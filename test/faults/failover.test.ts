import { expect, onTestFinished, test } from 'vitest'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { migrate } from '../../src/postgres/migrate.ts'
import { queryTest } from '../support/query-test.ts'
import { openTestPool } from '../support/open-test-pool.ts'
import { onServer } from '../support/postgres-server.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { deliver } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, startTestApp } from '../support/start-test-app.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const PASSWORD = 'the-same-on-both'

/** A migrated server; its URL. */
async function startServer(): Promise<string> {
  const server = await startEmbeddedPostgres({})
  onTestFinished(() => server.stop())
  await onServer(server.url, (client) => client.query(`alter role postgres password '${PASSWORD}'`))
  const url = new URL(server.url)
  url.password = PASSWORD
  const db = openTestPool(url.href)
  await migrate(db)
  await db.destroy()
  return url.href
}

/** As a failover script does it; open connections feel it with their next transaction. */
async function setReadOnly(url: string, state: 'on' | 'off'): Promise<void> {
  await onServer(url, async (client) => {
    await client.query(`alter system set default_transaction_read_only = ${state}`)
    await client.query('select pg_reload_conf()')
  })
  const shown = async () => {
    let setting: unknown
    await onServer(url, async (client) => {
      const { rows } = await client.query<{ setting: string }>(
        `select current_setting('default_transaction_read_only') as setting`,
      )
      setting = rows[0]?.setting
    })
    return setting
  }
  await expect.poll(shown).toBe(state)
}

test('F2: after a failover, connections that stay open to the old, now read-only server are given up by all pools', async () => {
  const [old, next] = await Promise.all([startServer(), startServer()])
  const proxy = await startTcpProxy(old)
  onTestFinished(() => proxy.stop())
  const app = await startTestApp(proxy.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
  onTestFinished(() => app.stop())
  const deliverOne = async () => (await deliver(app.url, sampleEvent())).status
  const listed = async () => {
    const headers = { authorization: `Bearer ${MIRROR_API_KEY}` }
    const answer = await fetch(`${app.url}/events/list?since=2000-01-01T00:00:00Z`, { headers })
    return ((await answer.json()) as { events: { event_id: string }[] }).events.map((event) => event.event_id)
  }
  const readiness = async () => (await fetch(`${app.url}/readyz`)).status

  // Each pool has connections to the old server now.
  expect(new Set(await Promise.all(Array.from({ length: 20 }, deliverOne)))).toEqual(new Set([204]))
  expect(await listed()).toHaveLength(20)
  expect(await readiness()).toBe(200)

  proxy.moveTo(next)
  await setReadOnly(old, 'on')
  await expect.poll(deliverOne, { interval: 50 }).toBe(204)
  // From now on none goes to the old server.
  expect(new Set(await Promise.all(Array.from({ length: 20 }, deliverOne)))).toEqual(new Set([204]))
  const db = openTestPool(next)
  onTestFinished(() => db.destroy())
  const stored = await queryTest<{ id: string }>(db, 'select event_id::text as id from events')
  expect(stored.length).toBeGreaterThanOrEqual(21)
  // Readers see what is stored now, not the old server's last state.
  expect((await listed()).toSorted()).toEqual(stored.map(({ id }) => id).toSorted())
  await expect.poll(readiness).toBe(200)

  // And with no server that takes writes, it is not ready, for as long as that lasts.
  await setReadOnly(next, 'on')
  await expect.poll(readiness).toBe(503)
  expect(await deliverOne()).toBe(503)
  await setReadOnly(next, 'off')
  await expect.poll(readiness).toBe(200)
  expect(await deliverOne()).toBe(204)
})
