import { expect, onTestFinished, test } from 'vitest'
import { formatInstant, microsFromMillis, parseInstant } from '../../src/domain/instant.ts'
import { startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../support/query-test.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { startTestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database } = await databaseOfThisFile()

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SETTLE_SECONDS = 2
const HISTORY = 20_000
const WITHIN_A_MILLISECOND = 200
/** More than a page holds. */
const AT_ONE_INSTANT = 700

test('I5: 20,000 events, bursts among them, and half of the webhooks lost: Postgres has what Seam has, once, and says so', async () => {
  // Seam's clock is seven hours behind the local one, which must not matter (I6).
  const clockOffsetMs = -7 * HOUR_MS
  const seam = await startSimulatedSeam({
    seed: 20,
    faults: { clockOffsetMs, dropRate: 0.5, duplicateRate: 0.1 },
  })
  onTestFinished(() => seam.stop())
  const seamNow = Date.now() + clockOffsetMs
  const start = seamNow - 7 * DAY_MS
  seam.fill({ count: HISTORY - WITHIN_A_MILLISECOND - AT_ONE_INSTANT, from: start, to: seamNow })
  const instant = formatInstant(microsFromMillis(seamNow - 30 * HOUR_MS) + 123n)
  seam.add(Array.from({ length: AT_ONE_INSTANT }, () => ({ created_at: instant })))
  seam.setFaults({ createdAtPrecision: 'micros' })
  const at = seamNow - 50 * HOUR_MS
  seam.fill({ count: WITHIN_A_MILLISECOND, from: at, to: at + 1 })
  seam.setFaults({ createdAtPrecision: 'millis' })

  const app = await startTestApp(database.url, {
    SEAM_ENDPOINT: seam.url,
    SEAM_MIRROR_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
    SEAM_API_KEY: seam.apiKey,
    SEAM_MIRROR_POLL_SCHEDULE: '* * * * * *',
    SEAM_MIRROR_SETTLE_SECONDS: String(SETTLE_SECONDS),
    SEAM_MIRROR_BACKFILL_SINCE: new Date(start).toISOString(),
    LOG_LEVEL: 'info',
  })
  onTestFinished(() => app.stop())
  seam.setWebhooks([{ url: `${app.url}/webhooks/seam`, secret: WEBHOOK_SECRET }])
  seam.startTraffic({ eventsPerSecond: 200 })
  const coverage = () => readCoverage(app.db, seam.workspaceId)
  // While the history is being read, traffic arrives by both paths.
  await expect.poll(async () => (await coverage())[0]?.from).toBeLessThanOrEqual(microsFromMillis(start))
  seam.stopTraffic()
  await seam.drained()
  const pushed = seam.events().length - HISTORY
  const { dropped } = seam.deliveries()
  expect(pushed).toBeGreaterThan(100)
  expect(dropped).toBeGreaterThan(pushed / 4)

  // Seam's clock moves on instead of the test waiting for the settle time.
  seam.setFaults({ clockOffsetMs: clockOffsetMs + 60_000 })
  await app.pollers[0]?.pollNow()
  await app.pollers[0]?.pollNow()
  const horizon = Date.now() + clockOffsetMs + 60_000 - SETTLE_SECONDS * 1000

  const rows = await queryTest<{ id: string; byWebhook: boolean }>(
    app.db,
    'select event_id::text as id, poll_at is null or webhook_at < poll_at as "byWebhook" from events',
  )
  const ids = rows.map(({ id }) => id).toSorted()
  expect(ids.length).toBe(new Set(ids).size)
  expect(ids).toEqual(
    seam
      .events()
      .map(({ event_id }) => event_id)
      .toSorted(),
  )
  expect(rows.filter(({ byWebhook }) => byWebhook).length, 'webhooks were first for some').toBeGreaterThan(0)

  const covered = await coverage()
  expect(covered.length).toBe(1)
  expect(covered[0]?.from).toBeLessThanOrEqual(microsFromMillis(start))
  expect(covered[0]?.to).toBeLessThanOrEqual(microsFromMillis(horizon))
  expect(covered[0]?.to).toBeGreaterThan(microsFromMillis(horizon - 10_000))
  const newest = seam.events().at(-1)?.created_at ?? ''
  expect(covered[0]?.to, 'the newest event is in covered time').toBeGreaterThan(parseInstant(newest) ?? 0n)
})
