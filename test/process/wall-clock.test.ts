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
const AFTER_MS = 6_000

const CASES: [string, string, [number, number][]][] = [
  ['set back by an hour', 'UTC', [[AFTER_MS, -HOUR_MS]]],
  ['set forward by thirty days', 'UTC', [[AFTER_MS, 30 * DAY_MS]]],
  ['set forward by a year', 'UTC', [[AFTER_MS, 365 * DAY_MS]]],
  ['in the hour that comes twice', 'Europe/Vienna', [[0, Date.UTC(2026, 9, 25, 0, 59, 50) - Date.now()]]],
]

/** Waits until the service has asked Seam for both, five times after its clock was set; then asks it, and stops it. */
async function pollOn(title: string, zone: string, steps: [number, number][]) {
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
  const askedFor = (route: string) => seam.requests().filter(({ path: asked }) => asked === route).length
  const goesOn = async (route: string) => {
    const before = askedFor(route)
    const message = `${route}, ${title}`
    await expect.poll(() => askedFor(route), { timeout: 60_000, message }).toBeGreaterThan(before + 4)
  }
  await Promise.all(['/events/list', '/client_sessions/list'].map(goesOn))
  const { status } = await fetch(`${service.url}/livez`)
  service.kill('SIGTERM')
  return { title, status, code: (await service.exit).code }
}

test(`F4: a process whose wall clock is ${CASES.map(([title]) => title).join(', or ')} goes on polling, and answers`, async () => {
  // All at once, because they do nothing but wait for the next seconds.
  const ended = await Promise.all(CASES.map((each) => pollOn(...each)))
  expect(ended).toEqual(CASES.map(([title]) => ({ title, status: 200, code: 0 })))
})
