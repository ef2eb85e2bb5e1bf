import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/embedded-postgres/embedded-postgres.ts'
import { queryTest } from '../support/query-test.ts'
import { openTestPool } from '../support/open-test-pool.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { startTestApp } from '../support/start-test-app.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { streamWebhooks } from '../support/webhook-stream.ts'

test('I1: Postgres is stopped, crashes and comes back under load: what was acknowledged is there, and the rest was answered 503', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'seam-mirror-restart-'))
  // Postgres runs as another user than root, who must be able to get here.
  await chmod(dir, 0o755)
  const start = () => startEmbeddedPostgres({ dir: path.join(dir, 'data'), settings: ['fsync=off'] })
  let server: EmbeddedPostgres = await start()
  const proxy = await startTcpProxy(server.url)
  const app = await startTestApp(proxy.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
  onTestFinished(async () => {
    await app.stop()
    await proxy.stop()
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  })
  const stream = streamWebhooks(app.url, 10)
  const acknowledgedMore = async (count: number) => {
    const { length } = stream.result.acknowledged
    await expect
      .poll(() => stream.result.acknowledged.length - length, { interval: 5 })
      .toBeGreaterThan(count)
  }
  await acknowledgedMore(100)

  await server.stop()
  await proxy.cut()
  server = await start()
  await proxy.restore(server.url)
  await acknowledgedMore(100)

  // A crash: the server ends without a word and recovers from its log.
  const pidFile = path.join(server.dataDir, 'cluster', 'postmaster.pid')
  process.kill(Number((await readFile(pidFile, 'utf8')).split('\n')[0]), 'SIGQUIT')
  await proxy.cut()
  await expect.poll(() => readFile(pidFile, 'utf8').catch(() => null)).toBeNull()
  server = await start()
  await proxy.restore(server.url)
  await acknowledgedMore(100)

  stream.stop()
  await stream.ended
  const { acknowledged, refused, unanswered } = stream.result
  expect(unanswered).toEqual([])
  expect(new Set(refused)).toEqual(new Set([503]))
  const db = openTestPool(server.url)
  const rows = await queryTest<{ id: string }>(db, 'select event_id::text as id from events')
  await db.destroy()
  const stored = new Set(rows.map(({ id }) => id))
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
})
