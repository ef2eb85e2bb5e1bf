import { createHmac, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WORKSPACE_ID, sampleEvent } from '../support/sample-event.ts'
import { deliver, signDelivery, WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { startTestApp, type TestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database, db } = await databaseOfThisFile()
let app: TestApp

beforeAll(async () => {
  app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
})
afterAll(async () => {
  await app.stop()
})

const { event_id: _id, ...withoutId } = sampleEvent()
const { event_type: _type, ...withoutType } = sampleEvent()
const { created_at: _at, ...withoutCreatedAt } = sampleEvent()

const cases: [what: string, reason: string, body: string][] = [
  ['text that is not JSON', 'not_json', 'hello, this is no JSON'],
  ['nothing at all', 'not_json', ''],
  ['JSON that breaks off', 'not_json', JSON.stringify(sampleEvent()).slice(0, 60)],
  ['JSON after a byte order mark', 'not_json', `\uFEFF${JSON.stringify(sampleEvent())}`],
  ['an array', 'not_an_object', JSON.stringify([sampleEvent()])],
  ['a string', 'not_an_object', '"event"'],
  ['a number', 'not_an_object', '12'],
  ['null', 'not_an_object', 'null'],
  ['an empty object', 'bad_event_id', '{}'],
  ['an event in an envelope', 'bad_event_id', JSON.stringify({ event: sampleEvent(), ok: true })],
  ['an event without event_id', 'bad_event_id', JSON.stringify(withoutId)],
  ['an event_id that is not a UUID', 'bad_event_id', JSON.stringify(sampleEvent({ event_id: 'evt_1' }))],
  ['an event_id that is a number', 'bad_event_id', JSON.stringify(sampleEvent({ event_id: 12 }))],
  ['an event without event_type', 'bad_event_type', JSON.stringify(withoutType)],
  ['an empty event_type', 'bad_event_type', JSON.stringify(sampleEvent({ event_type: '' }))],
  ['an event_type that is no text', 'bad_event_type', JSON.stringify(sampleEvent({ event_type: 7 }))],
  ['an event without created_at', 'bad_created_at', JSON.stringify(withoutCreatedAt)],
  ['a created_at in words', 'bad_created_at', JSON.stringify(sampleEvent({ created_at: 'yesterday' }))],
  [
    'a created_at that does not exist',
    'bad_created_at',
    JSON.stringify(sampleEvent({ created_at: '2026-02-30T00:00:00Z' })),
  ],
  ['a created_at in Unix time', 'bad_created_at', JSON.stringify(sampleEvent({ created_at: 1781542457 }))],
  [
    "another workspace's event",
    'foreign_workspace',
    JSON.stringify(sampleEvent({ workspace_id: randomUUID() })),
  ],
  [
    'F17: a workspace_id of null, which is not called another workspace',
    'bad_workspace_id',
    JSON.stringify(sampleEvent({ workspace_id: null })),
  ],
]

/** Where no event may appear. */
const events = () => db.selectFrom('events').select('event_id').execute()
const quarantined = () => db.selectFrom('quarantine').selectAll().execute()

describe('I11: a verified delivery that cannot be used is quarantined with its bytes and answered 204', () => {
  test.each(cases)('%s: %s', async (_what, reason, body) => {
    const before = (await quarantined()).map((row) => row.quarantine_id)
    expect((await deliver(app.url, body)).status).toBe(204)
    const added = (await quarantined()).filter((row) => !before.includes(row.quarantine_id))
    expect(added).toMatchObject([{ workspace_id: WORKSPACE_ID, path: 'webhook', reason, times_seen: 1 }])
    expect(Buffer.from(added[0]?.body ?? []).toString()).toBe(body)
    expect(added[0]?.detail).toMatch(/^[\w ].*\.$/)
    expect(await events()).toEqual([])
  })

  test('bytes that are not UTF-8: not_utf8, signed over the bytes as they are', async () => {
    const body = Buffer.concat([
      Buffer.from(JSON.stringify(sampleEvent()).slice(0, -1)),
      Buffer.from(',"name":"caf'),
      Buffer.from([0xe9]),
      Buffer.from('"}'),
    ])
    const headers = signDelivery('')
    headers['svix-signature'] = `v1,${createHmac('sha256', Buffer.from(WEBHOOK_SECRET.slice(6), 'base64'))
      .update(`${headers['svix-id']}.${headers['svix-timestamp']}.`)
      .update(body)
      .digest('base64')}`
    const response = await fetch(`${app.url}/webhooks/seam`, { method: 'POST', headers, body })
    expect(response.status).toBe(204)
    const rows = (await quarantined()).filter(({ reason }) => reason === 'not_utf8')
    expect(rows).toHaveLength(1)
    expect(Buffer.from(rows[0]?.body ?? []).equals(body)).toBe(true)
    expect(await events()).toEqual([])
  })

  test('the same bytes again are counted, not kept twice', async () => {
    const body = `not JSON, three times: ${randomUUID()}`
    const statuses = [
      await deliver(app.url, body),
      await deliver(app.url, body),
      await deliver(app.url, body),
    ]
    expect(statuses.map(({ status }) => status)).toEqual([204, 204, 204])
    const rows = (await quarantined()).filter((row) => Buffer.from(row.body).toString() === body)
    expect(rows).toMatchObject([{ times_seen: 3 }])
  })
})

test('I11: an unusable delivery does not take the good ones of its batch with it', async () => {
  const good = Array.from({ length: 20 }, () => sampleEvent())
  const deep = sampleEvent()
  const poison = `${JSON.stringify(deep).slice(0, -1)},"deep":${'['.repeat(59_000)}${']'.repeat(59_000)}}`
  const bodies = [...good.map((event) => JSON.stringify(event)), poison, 'not JSON either']
  const answers = await Promise.all(bodies.map((body) => deliver(app.url, body)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
  expect((await events()).map(({ event_id }) => event_id).toSorted()).toEqual(
    [...good, deep].map((event) => event.event_id).toSorted(),
  )
})

test('a body that was altered into invalid UTF-8 does not pass for the one with U+FFFD that was signed', async () => {
  const body = JSON.stringify(sampleEvent({ name: 'caf\uFFFD' }))
  const altered = Buffer.from(body.replace('\uFFFD', '?'))
  altered[altered.indexOf('?')] = 0xe9
  const headers = signDelivery(body)
  const response = await fetch(`${app.url}/webhooks/seam`, { method: 'POST', headers, body: altered })
  expect(response.status).toBe(400)
})
