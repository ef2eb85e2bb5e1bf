import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_DELIVERY_BYTES } from '../../src/receiver/webhook-route.ts'
import { errorOf } from '../http/serve.ts'
import { WORKSPACE_ID, sampleEvent } from '../support/sample-event.ts'
import { deliver, OTHER_WEBHOOK_SECRET, signDelivery } from '../support/sign-delivery.ts'
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

interface Delivery {
  method?: string
  path?: string
  headers?: Record<string, string>
  body?: RequestInit['body']
}

function send({ method = 'POST', path = '/webhooks/seam', headers = {}, body = null }: Delivery) {
  // A streamed body has no length: it goes out chunked.
  const init: RequestInit = { method, headers, body, duplex: 'half' }
  return fetch(`${app.url}${path}`, init)
}

/** An event whose JSON has exactly so many bytes. */
function eventOfBytes(bytes: number): string {
  const event = sampleEvent({ padding: '' })
  return JSON.stringify({ ...event, padding: 'x'.repeat(bytes - JSON.stringify(event).length) })
}

/** The delivery that each case spoils: it would be stored. */
function good() {
  const body = JSON.stringify(sampleEvent({ code: '4711' }))
  return { body, headers: signDelivery(body) }
}

function withSignature(change: (signature: string) => string) {
  const { body, headers } = good()
  return { body, headers: { ...headers, 'svix-signature': change(headers['svix-signature'] ?? '') } }
}

function without(name: string) {
  const { body, headers } = good()
  return { body, headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)) }
}

function signedAt(secondsFromNow: number) {
  const { body } = good()
  return { body, headers: signDelivery(body, { signedAt: new Date(Date.now() + secondsFromNow * 1000) }) }
}

function inChunks(text: string): ReadableStream<Uint8Array> {
  const bytes = Buffer.from(text)
  let at = 0
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(at, at + 65_536))
      at += 65_536
    },
  })
}

const BAD_SIGNATURE = [400, 'invalid_signature'] as const
const NO_ENDPOINT = [404, 'webhook_endpoint_not_found'] as const
const TOO_LARGE = [413, 'payload_too_large'] as const
const NOT_ALLOWED = [405, 'method_not_allowed'] as const

const cases: [what: string, expected: readonly [number, string], delivery: () => Delivery][] = [
  ['without any signature header', BAD_SIGNATURE, () => ({ body: good().body })],
  ['without svix-signature', BAD_SIGNATURE, () => without('svix-signature')],
  ['without svix-timestamp', BAD_SIGNATURE, () => without('svix-timestamp')],
  ['without svix-id', BAD_SIGNATURE, () => without('svix-id')],
  ['with an empty signature', BAD_SIGNATURE, () => withSignature(() => '')],
  ['with a signature that is no list', BAD_SIGNATURE, () => withSignature(() => 'v1')],
  ['with a signature of another scheme', BAD_SIGNATURE, () => withSignature((s) => s.replace('v1,', 'v1a,'))],
  ['with half a signature', BAD_SIGNATURE, () => withSignature((s) => s.slice(0, 20))],
  [
    "with another body's signature",
    BAD_SIGNATURE,
    () => ({ body: JSON.stringify(sampleEvent()), headers: good().headers }),
  ],
  [
    'signed with a secret that is not configured',
    BAD_SIGNATURE,
    () => {
      const { body } = good()
      return { body, headers: signDelivery(body, { secret: OTHER_WEBHOOK_SECRET }) }
    },
  ],
  [
    'with one byte of the body changed',
    BAD_SIGNATURE,
    () => {
      const { body, headers } = good()
      return { headers, body: body.replace('4711', '4712') }
    },
  ],
  [
    'with a space added to the body',
    BAD_SIGNATURE,
    () => {
      const { body, headers } = good()
      return { headers, body: `${body} ` }
    },
  ],
  [
    'with another message id than was signed',
    BAD_SIGNATURE,
    () => {
      const { body, headers } = good()
      return { body, headers: { ...headers, 'svix-id': 'msg_another' } }
    },
  ],
  [
    'with a timestamp that is not a number',
    BAD_SIGNATURE,
    () => {
      const { body, headers } = good()
      return { body, headers: { ...headers, 'svix-timestamp': 'now' } }
    },
  ],
  ['signed more than five minutes ago', BAD_SIGNATURE, () => signedAt(-302)],
  ['signed more than five minutes in the future', BAD_SIGNATURE, () => signedAt(600)],
  ['that is unsigned and empty', BAD_SIGNATURE, () => ({})],
  [
    'of one byte too many',
    TOO_LARGE,
    () => {
      const body = eventOfBytes(MAX_DELIVERY_BYTES + 1)
      return { body, headers: signDelivery(body) }
    },
  ],
  [
    'of 2 MB',
    TOO_LARGE,
    () => {
      const body = eventOfBytes(2 * 1024 * 1024)
      return { body, headers: signDelivery(body) }
    },
  ],
  [
    'of 2 MB in chunks without a length',
    TOO_LARGE,
    () => {
      const body = eventOfBytes(2 * 1024 * 1024)
      return { body: inChunks(body), headers: signDelivery(body) }
    },
  ],
  [
    'with a compressed body',
    [415, 'unsupported_media_type'],
    () => {
      const { body, headers } = good()
      return { body: gzipSync(body), headers: { ...headers, 'content-encoding': 'gzip' } }
    },
  ],
  ['by GET', NOT_ALLOWED, () => ({ method: 'GET' })],
  ['by PUT', NOT_ALLOWED, () => ({ ...good(), method: 'PUT' })],
  ['by DELETE', NOT_ALLOWED, () => ({ method: 'DELETE' })],
  ["to another workspace's path", NO_ENDPOINT, () => ({ ...good(), path: `/webhooks/seam/${randomUUID()}` })],
  ['to a path that is not a UUID', NO_ENDPOINT, () => ({ ...good(), path: '/webhooks/seam/not-a-uuid' })],
  ['to a path below', [404, 'not_found'], () => ({ ...good(), path: `/webhooks/seam/${WORKSPACE_ID}/more` })],
]

async function rowCounts() {
  const events = await db.selectFrom('events').select('event_id').execute()
  const quarantined = await db.selectFrom('quarantine').select('quarantine_id').execute()
  return { events: events.length, quarantined: quarantined.length }
}

describe('a delivery that is refused', () => {
  test('is one that would be stored, but for what each case changes', async () => {
    expect((await send(good())).status).toBe(204)
  })

  test.each(cases)('%s is answered %j and nothing is stored', async (_what, [status, type], delivery) => {
    const before = await rowCounts()
    const response = await send(delivery())
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    const error = await errorOf(response)
    expect(error.type).toBe(type)
    expect(error.request_id).toBe(response.headers.get('seam-request-id'))
    expect(response.headers.get('allow')).toBe(status === 405 ? 'POST' : null)
    expect(await rowCounts()).toEqual(before)
  })

  test('does not learn from the answer which part of its signature was wrong', async () => {
    const answers = await Promise.all([without('svix-signature'), signedAt(-3600), signedAt(3600)].map(send))
    const messages = await Promise.all(answers.map(async (answer) => (await errorOf(answer)).message))
    expect(new Set(messages).size).toBe(1)
  })
})

test('a body of exactly 256 KiB is taken', async () => {
  const body = eventOfBytes(256 * 1024)
  expect(Buffer.byteLength(body)).toBe(MAX_DELIVERY_BYTES)
  expect((await deliver(app.url, body)).status).toBe(204)
  const { event_id } = JSON.parse(body) as { event_id: string }
  expect(await db.selectFrom('events').select('body').where('event_id', '=', event_id).execute()).toEqual([
    { body },
  ])
})

test('without a configured secret both routes answer 404 and say which variable is missing', async () => {
  const withoutSecret = await startTestApp(database.url, {
    SEAM_WORKSPACE_ID: WORKSPACE_ID,
    SEAM_WEBHOOK_SECRET: '',
  })
  try {
    for (const path of ['/webhooks/seam', `/webhooks/seam/${WORKSPACE_ID}`]) {
      const response = await deliver(withoutSecret.url, sampleEvent(), { path })
      expect(response.status).toBe(404)
      expect(await errorOf(response)).toMatchObject({
        type: 'webhook_endpoint_not_found',
        message: expect.stringContaining('SEAM_WEBHOOK_SECRET'),
      })
    }
  } finally {
    await withoutSecret.stop()
  }
})
