import { expect, test } from 'vitest'

import type { SimulatedSeamOptions } from '../../src/simulated-seam/start-simulated-seam.ts'
import { ids, list, startSeam } from './ask.ts'
import type { Receiver } from './receive-webhooks.ts'
import { startReceiver } from './receive-webhooks.ts'

/** The time scale that makes the whole schedule of 27.6 hours last a tenth of a second. */
const retryTimeScale = 1e-6

function byId(a: { event_id: string }, b: { event_id: string }): number {
  return a.event_id.localeCompare(b.event_id)
}

function distinct(values: unknown[]): number {
  return new Set(values).size
}

function seamFor(receiver: Receiver, options: SimulatedSeamOptions = {}) {
  return startSeam({ webhooks: [{ url: receiver.url, secret: receiver.secret }], retryTimeScale, ...options })
}

test('every emitted event arrives signed, as the bare event that the API lists', async () => {
  const receiver = await startReceiver()
  const seam = await seamFor(receiver)
  seam.emit(100)
  await seam.drained()
  for (const received of receiver.received) receiver.verify(received)
  expect(receiver.received.map(({ event }) => event).toSorted(byId)).toEqual(
    (await list(seam)).toSorted(byId),
  )
  expect(receiver.received[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    'svix-id': expect.stringMatching(/^msg_\w{27}$/),
    'svix-signature': expect.stringMatching(/^v1,/),
  })
  expect(seam.deliveries()).toMatchObject({ sent: 100, succeeded: 100, failed: 0, pending: 0 })
})

test('a failed delivery is repeated with the same id and bytes, a fresh timestamp and a fresh signature', async () => {
  let clock = Date.now()
  const receiver = await startReceiver((index) => {
    clock += 5000
    return index < 3 ? [500, 302, 400][index]! : 200
  })
  const seam = await seamFor(receiver, { now: () => clock })
  seam.emit(1)
  await seam.drained()
  const { received } = receiver
  expect(received).toHaveLength(4)
  expect(distinct(received.map(({ headers }) => headers['svix-id']))).toBe(1)
  expect(distinct(received.map(({ body }) => body))).toBe(1)
  expect(distinct(received.map(({ headers }) => headers['svix-signature']))).toBe(4)
  const seconds = received.map(({ headers }) => Number(headers['svix-timestamp']))
  expect(seconds.map((second) => second - seconds[0]!)).toEqual([0, 5, 10, 15])
  for (const one of received) receiver.verify(one)
  expect(seam.deliveries()).toMatchObject({ sent: 4, failed: 3, retried: 3, succeeded: 1, exhausted: 0 })
})

test('a delivery is given up after eight attempts', async () => {
  const receiver = await startReceiver(() => 500)
  const seam = await seamFor(receiver)
  seam.emit(1)
  await seam.drained()
  expect(receiver.received).toHaveLength(8)
  expect(seam.deliveries()).toMatchObject({
    sent: 8,
    failed: 8,
    retried: 7,
    exhausted: 1,
    succeeded: 0,
    pending: 0,
  })
})

test('an endpoint that cannot be reached is retried too', async () => {
  const seam = await startSeam({
    webhooks: [{ url: 'http://127.0.0.1:1/', secret: `whsec_${'A'.repeat(32)}` }],
    retryTimeScale,
  })
  seam.emit(1)
  await seam.drained()
  expect(seam.deliveries()).toMatchObject({ failed: 8, exhausted: 1 })
})

test('dropRate: dropped events are listed but never sent', async () => {
  const receiver = await startReceiver()
  const seam = await seamFor(receiver, { faults: { dropRate: 0.5 } })
  seam.emit(100)
  await seam.drained()
  const { dropped, succeeded } = seam.deliveries()
  expect(dropped).toBeGreaterThan(20)
  expect(dropped + succeeded).toBe(100)
  expect(receiver.received).toHaveLength(succeeded)
  expect(await list(seam)).toHaveLength(100)
})

test('duplicateRate: an event arrives twice under one id', async () => {
  const receiver = await startReceiver()
  const seam = await seamFor(receiver, { faults: { duplicateRate: 1 } })
  seam.emit(5)
  await seam.drained()
  expect(receiver.received).toHaveLength(10)
  expect(new Set(receiver.received.map(({ headers }) => headers['svix-id'])).size).toBe(5)
  expect(seam.deliveries()).toMatchObject({ duplicated: 5, succeeded: 10 })
})

test('lateRate: the first attempt waits', async () => {
  const receiver = await startReceiver()
  const seam = await seamFor(receiver, { faults: { lateRate: 1, lateMs: 40 } })
  const startedAt = performance.now()
  seam.emit(1)
  expect(seam.deliveries()).toMatchObject({ sent: 0, pending: 1 })
  await seam.drained()
  expect(performance.now() - startedAt).toBeGreaterThan(35)
  expect(receiver.received).toHaveLength(1)
})

test('reorder: all events arrive, in another order', async () => {
  const receiver = await startReceiver()
  const seam = await seamFor(receiver, { faults: { reorder: true } })
  const emitted = ids(seam.emit(30))
  await seam.drained()
  const arrived = receiver.received.map(({ event }) => event.event_id)
  expect(arrived).not.toEqual(emitted)
  expect(arrived.toSorted()).toEqual(emitted.toSorted())
})

test('wrongSignatureRate: the signature does not verify', async () => {
  const receiver = await startReceiver()
  const seam = await seamFor(receiver, { faults: { wrongSignatureRate: 1 } })
  seam.emit(1)
  await seam.drained()
  expect(() => receiver.verify(receiver.received[0]!)).toThrow('No matching signature')
})

test('webhookClockOffsetMs makes deliveries stale, and clockOffsetMs does not', async () => {
  const receiver = await startReceiver()
  const seam = await seamFor(receiver, { faults: { clockOffsetMs: 3_600_000 } })
  seam.emit(1)
  await seam.drained()
  receiver.verify(receiver.received[0]!)
  seam.setFaults({ webhookClockOffsetMs: -301_000 - 1000 })
  seam.emit(1)
  await seam.drained()
  expect(() => receiver.verify(receiver.received[1]!)).toThrow('too old')
})

test('added events are pushed only when asked to', async () => {
  const receiver = await startReceiver()
  const seam = await seamFor(receiver)
  seam.add([{ event_id: 'silent' }])
  seam.add([{ event_id: 'pushed' }], { push: true })
  await seam.drained()
  expect(receiver.received.map(({ event }) => event.event_id)).toEqual(['pushed'])
})

test('deliveries to an endpoint that was removed are given up', async () => {
  const receiver = await startReceiver(() => 500)
  const seam = await seamFor(receiver, { retryTimeScale: 1 })
  seam.emit(1)
  await expect.poll(() => seam.deliveries().failed).toBe(1)
  const other = await startReceiver()
  seam.setWebhooks([{ url: other.url, secret: other.secret }])
  seam.emit(1)
  await expect.poll(() => other.received.length).toBe(1)
  expect(receiver.received).toHaveLength(1)
})

test('stop ends pending deliveries', async () => {
  const receiver = await startReceiver(() => 500)
  const seam = await seamFor(receiver, { retryTimeScale: 1 })
  seam.emit(3)
  await expect.poll(() => seam.deliveries().failed).toBe(3)
  const drained = seam.drained()
  await seam.stop()
  await drained
  expect(seam.deliveries().pending).toBe(0)
})
