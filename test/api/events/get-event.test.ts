import { afterAll, beforeAll, expect, test } from 'vitest'
import { errorOf } from '../../http/serve.ts'
import { sampleEvent } from '../../support/sample-event.ts'
import { type QueryServer, startQueryServer } from './query-server.ts'

const DEVICE = '11111111-1111-4111-8111-111111111111'
const OTHER_DEVICE = '22222222-2222-4222-8222-222222222222'
const OTHER_WORKSPACE_ID = '5f0c2f8e-3c0a-4a53-9b57-3c1f1d3a9e10'

const at = (second: string): string => `2026-02-01T00:00:${second}Z`
const older = sampleEvent({ created_at: at('01'), device_id: DEVICE, event_type: 'lock.locked' })
const newer = sampleEvent({ created_at: at('02'), device_id: DEVICE, event_type: 'lock.unlocked' })
const newest = sampleEvent({
  created_at: at('02.000001'),
  device_id: OTHER_DEVICE,
  event_type: 'lock.locked',
})
const foreign = sampleEvent({ created_at: at('09'), device_id: DEVICE, workspace_id: OTHER_WORKSPACE_ID })

let server: QueryServer
beforeAll(async () => {
  server = await startQueryServer()
  await server.store([older, newer, newest])
  await server.store([foreign], OTHER_WORKSPACE_ID)
})
afterAll(() => server.stop())

test.each<[string, object, object]>([
  ['by its id', { event_id: older.event_id }, older],
  ['by its id in capitals', { event_id: older.event_id.toUpperCase() }, older],
  ['by a device: its newest', { device_id: DEVICE }, newer],
  ['by a type: the newest of it', { event_type: 'lock.locked' }, newest],
  ['by a device and a type: both must match', { device_id: DEVICE, event_type: 'lock.locked' }, older],
])('An event is found %s', async (_title, query, event) => {
  const response = await server.post('/events/get', query)
  expect(await response.json()).toEqual({ event, ok: true })
  const sameByGet = await server.get(`/events/get?${new URLSearchParams({ ...query }).toString()}`)
  expect(await sameByGet.json()).toEqual({ event, ok: true })
})

test.each<[string, object]>([
  ['an id nobody has', { event_id: crypto.randomUUID() }],
  ['an id and a device that are not the same event', { event_id: older.event_id, device_id: OTHER_DEVICE }],
  ['a type nobody knows', { event_type: 'not.a_type' }],
  ['an event of another workspace', { event_id: foreign.event_id }],
])('I10: %s is a 404', async (_title, query) => {
  const response = await server.post('/events/get', query)
  expect(response.status).toBe(404)
  expect(await errorOf(response)).toMatchObject({ type: 'event_not_found', message: 'Event not found' })
})

test('Asking for nothing is refused, for the whole input', async () => {
  const message = 'An argument for event_id, event_type, or device_id is required'
  for (const response of [
    await server.get('/events/get'),
    await server.post('/events/get', { customer_key: 'x' }),
  ]) {
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({
      type: 'invalid_input',
      message,
      validation_errors: { _errors: [message] },
    })
  }
})

test.each<[object, string]>([
  [{ event_id: 'event1' }, 'Invalid uuid for "event_id"'],
  [{ event_id: null }, 'Expected string, received null for "event_id"'],
  [{ event_type: '' }, 'String must contain at least 1 character(s) and no NUL for "event_type"'],
])('%j is refused', async (query, message) => {
  const response = await server.post('/events/get', query)
  expect([response.status, (await errorOf(response)).message]).toEqual([400, message])
})
