import { expect, onTestFinished, test } from 'vitest'
import { startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { printReport } from '../../src/status/print-report.ts'
import { coverageReport } from '../../src/status/coverage-report.ts'
import { WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, NEVER, startTestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database } = await databaseOfThisFile()

interface Answer {
  names: { id: string; name: string }[]
}

test('names appear by themselves, a new name comes with its event, and a failed listing is reported', async () => {
  const seam = await startSimulatedSeam({ seed: 2 })
  onTestFinished(() => seam.stop())
  const app = await startTestApp(database.url, {
    SEAM_ENDPOINT: seam.url,
    SEAM_API_KEY: seam.apiKey,
    SEAM_MIRROR_NAMES_SCHEDULE: NEVER,
    SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE: NEVER,
  })
  onTestFinished(() => app.stop())
  seam.setWebhooks([{ url: `${app.url}/webhooks/seam`, secret: WEBHOOK_SECRET }])
  const headers = { authorization: `Bearer ${MIRROR_API_KEY}` }
  const ask = async (query: string) => {
    const response = await fetch(`${app.url}/v1/names/list?${query}`, { headers })
    return ((await response.json()) as Answer).names
  }
  const [lock] = seam.hotel.locks
  await expect
    .poll(async () => (await ask('q=room+20')).map(({ name }) => name))
    .toEqual(['Room 201', 'Room 202', 'Room 203'])

  await app.nameSyncs[0]?.syncNow()
  const about = { event_type: 'device.name_changed', device_id: lock?.deviceId, device_name: 'Suite Ada' }
  seam.add([{ ...about, connected_account_id: lock?.account.connectedAccountId }], { push: true })
  await seam.drained()
  await expect
    .poll(() => ask('q=suite'), { interval: 200 })
    .toMatchObject([{ id: lock?.deviceId, name: 'Suite Ada' }])

  seam.setFaults({ rateLimitRate: 1, retryAfter: '0' })
  const report = async () => {
    const settings = {
      backfillSince: { kind: 'ago', duration: 1n } as const,
      hasCredentials: true,
      hasWebhookSecret: true,
    }
    const now = BigInt(Date.now()) * 1_000n
    return printReport(
      await coverageReport(app.db, seam.workspaceId, settings, now, { from: now - 1n, to: now }),
    )
  }
  const linesOfNames = async () => (await report()).filter((line) => /^ {2}names/.test(line))
  expect(await linesOfNames()).toEqual([expect.stringMatching(/^ {2}names {9}2\S+Z \d+ listed$/)])
  await app.nameSyncs[0]?.syncNow()
  expect(await linesOfNames()).toEqual([
    expect.stringMatching(
      /^ {2}names {9}access_code FAILED, 1 times since the last success \(2\S+Z\): .* 429/,
    ),
  ])
  const answer = await fetch(`${app.url}/v1/coverage`, { headers })
  expect(await answer.json()).toMatchObject({
    coverage: {
      names: expect.arrayContaining([
        expect.objectContaining({ kind: 'device', last_outcome: 'failed', failures: 1 }),
      ]) as unknown,
    },
  })
})
