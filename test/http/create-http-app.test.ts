import express, { type Router } from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sendJson } from '../../src/http/send-json.ts'
import { serviceUnavailable } from '../../src/http/to-api-error.ts'
import { openRawConnection } from './raw-connection.ts'
import { errorOf, serve, type Served, UUID } from './serve.ts'

class AwayError extends Error {}

/** An error as Postgres's driver makes them: with values of the row beside its message. */
const leaky = Object.assign(
  new Error('boom', { cause: Object.assign(new Error('inner'), { detail: 'PIN 4711' }) }),
  {
    detail: 'token seam_cst1_secret',
    code: '22P02',
  },
)

function routes(): Router {
  const router = express.Router()
  router.get('/fine', (_request, response) => sendJson(response, 200, '{"ok":true}'))
  router.get('/livez', (_request, response) => void response.json({ ok: true }))
  router.get('/fails', () => {
    throw leaky
  })
  router.get('/rejects', () => Promise.reject(leaky))
  router.get('/away', () => Promise.reject(new AwayError('no database')))
  router.get('/half', (_request, response) => {
    response.write('{"events":[')
    throw leaky
  })
  router.post('/parsed', express.json({ limit: 10 }), (_request, response) =>
    sendJson(response, 200, '{"ok":true}'),
  )
  return router
}

let server: Served
beforeAll(async () => {
  server = await serve([routes()], {
    translateError: (error) =>
      error instanceof AwayError
        ? serviceUnavailable('The database is not available right now', error)
        : null,
  })
})
afterAll(() => server.stop(0))

test('Every answer has a request id of its own, and an error repeats it in its body', async () => {
  const first = await fetch(`${server.url}/fine`)
  const second = await fetch(`${server.url}/nowhere`)
  expect(first.headers.get('seam-request-id')).toMatch(UUID)
  expect(second.headers.get('seam-request-id')).toMatch(UUID)
  expect(second.headers.get('seam-request-id')).not.toBe(first.headers.get('seam-request-id'))
  expect((await errorOf(second)).request_id).toBe(second.headers.get('seam-request-id'))
})

test('An answer does not say what the server is built with, and can not become a 304', async () => {
  const { headers } = await fetch(`${server.url}/livez`)
  expect([headers.get('x-powered-by'), headers.get('etag')]).toEqual([null, null])
})

test('An unknown route is a 404 in the shape of every error', async () => {
  const response = await fetch(`${server.url}/nowhere?token=x`)
  expect(response.status).toBe(404)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(await response.json()).toEqual({
    error: {
      type: 'not_found',
      message: 'No such route: /nowhere',
      request_id: response.headers.get('seam-request-id'),
    },
    ok: false,
  })
})

test.each(['/fails', '/rejects'])(
  'I9: An unexpected error is a 500 that says nothing about its cause (%s)',
  async (path) => {
    const response = await fetch(server.url + path)
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({
      error: {
        type: 'internal_error',
        message: 'Something went wrong on our side.',
        request_id: response.headers.get('seam-request-id'),
      },
      ok: false,
    })
  },
)

test('I9: The log has the message, code, stack and cause of an unexpected error, and not what hangs on it', async () => {
  const response = await fetch(`${server.url}/fails`)
  const reqId = response.headers.get('seam-request-id')
  const logged = server.logs.find((line) => line.reqId === reqId && line.err !== undefined)
  expect(logged?.err).toEqual({
    name: 'Error',
    message: 'boom',
    code: '22P02',
    stack: expect.stringContaining('boom') as string,
    cause: { name: 'Error', message: 'inner', stack: expect.any(String) as string },
  })
})

test('An error that the layer below knows becomes the answer it asks for', async () => {
  const response = await fetch(`${server.url}/away`)
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
  expect(await errorOf(response)).toMatchObject({
    type: 'service_unavailable',
    message: 'The database is not available right now',
  })
})

test('An answer that fails half way is cut off, not completed', async () => {
  await expect(fetch(`${server.url}/half`).then((response) => response.text())).rejects.toThrow(
    /terminated|fetch failed/,
  )
})

test.each([
  ['{"a":', 'application/json', 400, 'invalid_input', 'Malformed JSON body'],
  ['{"a":"0123456789"}', 'application/json', 413, 'payload_too_large', 'The request body is too large'],
  [
    '{}',
    'application/json; charset=ebcdic',
    415,
    'unsupported_media_type',
    'The encoding or charset of the request body is not supported',
  ],
])(
  "Errors of Express's own body parser have the same shape: %s, %s",
  async (body, contentType, status, type, message) => {
    const response = await fetch(`${server.url}/parsed`, {
      method: 'POST',
      body,
      headers: { 'content-type': contentType },
    })
    expect(response.status).toBe(status)
    expect(await errorOf(response)).toMatchObject({ type, message })
  },
)

test('I9: A request is logged by method, path, status, duration and id, and nothing that can hold a secret', async () => {
  const response = await fetch(`${server.url}/fine?token=SECRET1`, {
    headers: {
      authorization: 'Bearer SECRET2',
      'client-session-token': 'SECRET3',
      'seam-client-session-token': 'SECRET4',
      'svix-signature': 'v1,SECRET5',
      cookie: 'SECRET6',
    },
  })
  await fetch(`${server.url}/parsed?key=SECRET7`, { method: 'POST', body: '"SECRET8"' })
  await fetch(`${server.url}/nowhere?key=SECRET9`)
  const line = server.logs.find(({ reqId }) => reqId === response.headers.get('seam-request-id'))
  expect(line).toEqual({
    level: 30,
    time: expect.any(String) as string,
    pid: expect.any(Number) as number,
    reqId: expect.stringMatching(UUID) as string,
    method: 'GET',
    path: '/fine',
    status: 200,
    durationMs: expect.any(Number) as number,
    msg: 'Request answered',
  })
  expect(JSON.stringify(server.logs)).not.toContain('SECRET')
})

test('I9: The user and password of a request target in absolute form are not logged', async () => {
  const connection = await openRawConnection(server.port)
  connection.send('GET http://user:SECRET@host/fine HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  expect(await connection.receiveAll()).toMatch(/^HTTP\/1\.1 200 /)
  expect(JSON.stringify(server.logs)).not.toContain('SECRET')
})

test('Health checks are logged at debug level only', async () => {
  const response = await fetch(`${server.url}/livez`)
  const line = server.logs.find(({ reqId }) => reqId === response.headers.get('seam-request-id'))
  expect(line).toMatchObject({ path: '/livez', level: 20 })
})
