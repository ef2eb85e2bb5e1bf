import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSimulatedSeam, type SimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { WORKSPACE_ID, sampleEvent } from '../support/sample-event.ts'
import { deliver, OTHER_WEBHOOK_SECRET, signDelivery, WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, startTestApp, type TestApp } from '../support/start-test-app.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database } = await databaseOfThisFile()
let proxy: TcpProxy
let seam: SimulatedSeam
let app: TestApp

beforeAll(async () => {
  proxy = await startTcpProxy(database.url)
  seam = await startSimulatedSeam({ workspaceId: WORKSPACE_ID, faults: { rejectCredentials: true } })
  app = await startTestApp(proxy.url, {
    SEAM_WORKSPACE_ID: WORKSPACE_ID,
    SEAM_API_KEY: seam.apiKey,
    SEAM_ENDPOINT: seam.url,
    SEAM_WEBHOOK_SECRET: `${WEBHOOK_SECRET},${OTHER_WEBHOOK_SECRET}`,
  })
})
afterAll(async () => {
  await app.stop()
  await proxy.stop()
  await seam.stop()
})

test('I9: no body, PIN, signature, secret, key or password gets into the log, whatever goes wrong', async () => {
  const pin = '830417'
  const event = () => JSON.stringify(sampleEvent({ code: pin, description: 'Guest Ada Lovelace' }))
  const nested = `${event().slice(0, -1)},"deep":${'['.repeat(60_000)}${']'.repeat(60_000)}}`
  const signatures: string[] = []
  async function send(body: string, change: (headers: Record<string, string>) => object = () => ({})) {
    const headers = signDelivery(body)
    signatures.push(headers['svix-signature']?.slice(3) ?? '')
    const response = await fetch(`${app.url}/webhooks/seam?token=${MIRROR_API_KEY}`, {
      method: 'POST',
      headers: { ...headers, ...change(headers) },
      body,
    })
    return response.status
  }

  // Stored, refused, quarantined in each way, and not storable.
  expect(await send(event())).toBe(204)
  expect(await send(event(), () => ({ 'svix-id': 'msg_another' }))).toBe(400)
  expect(await send(event(), () => ({ 'content-encoding': 'br' }))).toBe(415)
  expect(await send(`not JSON ${pin}`)).toBe(204)
  expect(await send(event().replace('lock.unlocked', `x${'y'.repeat(300)}`))).toBe(204)
  expect(await send(nested)).toBe(204)
  expect(await send(event().replace('}', `,"pad":"${'x'.repeat(300_000)}"}`))).toBe(413)
  await deliver(app.url, event(), { path: `/webhooks/seam/${pin}` })
  await proxy.cut()
  expect(await send(event())).toBe(503)
  await proxy.restore()
  // The read API with right and wrong keys, and a poll whose key is refused.
  for (const key of [MIRROR_API_KEY, 'seam_wrong1_a_wrong_key']) {
    await fetch(`${app.url}/events/list?device_id=x&search=${pin}`, {
      headers: { authorization: `Bearer ${key}` },
    })
  }
  await app.pollers[0]?.pollNow()
  expect(app.pollers[0]?.status().lastError).toContain('credentials')

  const text = app.logText()
  // The log is there to be searched: each of the above left lines, warnings among them.
  expect(app.logs.filter(({ path }) => path === '/webhooks/seam').length).toBeGreaterThanOrEqual(8)
  expect(app.logs.filter(({ level }) => Number(level) >= 40).length).toBeGreaterThanOrEqual(2)
  const password = new URL(proxy.url).password
  const needles = {
    pin: text.replaceAll(`/webhooks/seam/${pin}`, ''),
    'the guest': text,
  }
  expect(needles.pin).not.toContain(pin)
  expect(needles['the guest']).not.toContain('Lovelace')
  for (const secret of [WEBHOOK_SECRET, OTHER_WEBHOOK_SECRET]) {
    expect(text).not.toContain(secret)
    expect(text).not.toContain(secret.slice('whsec_'.length))
  }
  for (const signature of signatures) expect(text).not.toContain(signature)
  expect(text).not.toContain(MIRROR_API_KEY)
  expect(text).not.toContain('seam_wrong1')
  expect(text).not.toContain(seam.apiKey)
  expect(password.length).toBeGreaterThan(0)
  expect(text).not.toContain(password)
})
