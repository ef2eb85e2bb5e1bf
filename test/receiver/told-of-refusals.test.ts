import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WORKSPACE_ID, sampleEvent } from '../support/sample-event.ts'
import { deliver, OTHER_WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, startTestApp, type TestApp } from '../support/start-test-app.ts'
import { runProgram } from '../support/run-program.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database } = await databaseOfThisFile()
let app: TestApp

beforeAll(async () => {
  app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
})
afterAll(async () => {
  await app.stop()
})

interface Coverage {
  refused_deliveries: {
    reason: string
    deliveries: number
    worst_skew_seconds: number | null
    last_at: string
  }[]
  quarantine: { reason: string; items: number; listed: number }[]
  left_out: { what: string; events: number }[]
}

async function coverage(of: TestApp = app): Promise<Coverage> {
  const response = await fetch(`${of.url}/v1/coverage`, {
    headers: { authorization: `Bearer ${MIRROR_API_KEY}` },
  })
  return ((await response.json()) as { coverage: Coverage }).coverage
}

const signedAt = (secondsFromNow: number) => ({ signedAt: new Date(Date.now() + secondsFromNow * 1000) })

describe('F13, I11: deliveries that are refused', () => {
  test('are counted by reason in coverage, status and log, with the worst skew of the clocks', async () => {
    await fetch(`${app.url}/webhooks/seam`, { method: 'POST', body: '{}' })
    await deliver(app.url, sampleEvent(), { secret: OTHER_WEBHOOK_SECRET })
    await deliver(app.url, sampleEvent(), { secret: OTHER_WEBHOOK_SECRET })
    await deliver(app.url, sampleEvent(), signedAt(-600))
    await deliver(app.url, sampleEvent(), signedAt(-400))
    await deliver(app.url, sampleEvent(), signedAt(3600))
    await deliver(app.url, sampleEvent({ pad: 'x'.repeat(300_000) }))
    await deliver(app.url, sampleEvent(), { path: `/webhooks/seam/${crypto.randomUUID()}` })
    const { refused_deliveries: refused } = await coverage()
    expect(Object.fromEntries(refused.map(({ reason, deliveries }) => [reason, deliveries]))).toEqual({
      no_signature: 1,
      wrong_signature: 2,
      too_old: 2,
      too_new: 1,
      too_large: 1,
      no_endpoint: 1,
    })
    const skewOf = (reason: string) => refused.find((each) => each.reason === reason)?.worst_skew_seconds ?? 0
    expect(Math.abs(skewOf('too_old') - 600)).toBeLessThan(60)
    expect(Math.abs(skewOf('too_new') + 3600)).toBeLessThan(60)

    await expect.poll(() => app.logText()).toContain('deliveries were refused')
    // What was counted is written down at the latest when the service stops, and read from there by others.
    await app.stop()
    const status = await runProgram('bin/seam-mirror.js', ['status'], {
      DATABASE_URL: database.url,
      SEAM_WORKSPACE_ID: WORKSPACE_ID,
    })
    expect(status.stdout).toMatch(/2 deliveries: too_old, the clocks 6\d\d s apart at the worst/)
    expect(status.stdout).toContain('2 deliveries: wrong_signature; last at 20')
    app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
    await deliver(app.url, sampleEvent(), { secret: OTHER_WEBHOOK_SECRET })
    expect((await coverage()).refused_deliveries).toContainEqual(
      expect.objectContaining({ reason: 'wrong_signature', deliveries: 3 }),
    )
  })
})

describe('B9, I11: what is in quarantine, or lacks a column', () => {
  test('is logged with its reason and id when it comes, and shown in coverage', async () => {
    const stored = sampleEvent()
    await deliver(app.url, stored)
    await deliver(app.url, { ...stored, method: 'changed' })
    await deliver(app.url, 'not JSON')
    await deliver(app.url, sampleEvent({ customer_key: '鍵'.repeat(950) }))
    const warnings = app.logs.filter(({ msg }) => String(msg).includes('quarantine'))
    expect(warnings).toMatchObject([
      { level: 40, reason: 'conflicting_event', path: 'webhook', workspaceId: WORKSPACE_ID, timesSeen: 1 },
      { level: 40, reason: 'not_json', detail: 'The body is not JSON.' },
    ])
    expect(warnings[0]?.detail).toContain(stored.event_id)
    expect(warnings[1]?.id).toMatch(/^\d+$/)
    expect(await coverage()).toMatchObject({
      quarantine: [
        { reason: 'conflicting_event', items: 1, listed: 0 },
        { reason: 'not_json', items: 1, listed: 0 },
      ],
      left_out: [{ what: 'customer_key: too long', events: 1 }],
    })
  })
})
