import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { startService } from '../support/run-program.ts'
import { createTestDatabase } from '../support/test-database.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PRELOAD = pathToFileURL(path.join(import.meta.dirname, '../support/shift-clock.mjs')).href
/** The clock is set so long after the start of the process. */
const AFTER_MS = 4_000

test.each([
  ['set back by an hour', 'UTC', [[AFTER_MS, -HOUR_MS]]],
  ['set forward by thirty days', 'UTC', [[AFTER_MS, 30 * DAY_MS]]],
  ['set forward by a year', 'UTC', [[AFTER_MS, 365 * DAY_MS]]],
  ['in the hour that comes twice', 'Europe/Vienna', [[0, Date.UTC(2026, 9, 25, 0, 59, 50) - Date.now()]]],
])('F4: a process whose wall clock is %s goes on polling, and answers', async (_title, zone, steps) => {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const seam = await startSimulatedSeam({ seed: 5, workspaceId: crypto.randomUUID() })
  onTestFinished(() => seam.stop())
  const service = await startService({
    DATABASE_URL: database.url,
    SEAM_ENDPOINT: seam.url,
    SEAM_API_KEY: seam.apiKey,
    SEAM_MIRROR_POLL_SCHEDULE: '* * * * * *',
    SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE: '* * * * * *',
    SEAM_MIRROR_BACKFILL_SINCE: '1h',
    TZ: zone,
    NODE_OPTIONS: `--import ${PRELOAD}`,
    SHIFT_CLOCK: JSON.stringify(steps),
  })
  const startedAt = performance.now()
  await expect.poll(() => performance.now() - startedAt, { timeout: 60_000 }).toBeGreaterThan(AFTER_MS)
  for (const route of ['/events/list', '/client_sessions/list']) {
    const asked = () => seam.requests().filter((request) => request.path === route).length
    const before = asked()
    await expect.poll(asked, { timeout: 60_000, message: route }).toBeGreaterThan(before + 4)
  }
  expect((await fetch(`${service.url}/livez`)).status).toBe(200)
  service.kill('SIGTERM')
  expect((await service.exit).code).toBe(0)
})
