import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineParams } from '../../src/http/read-params.ts'
import { type OpenRoute, type Route, streamRoute } from '../../src/http/route.ts'
import { serviceUnavailable } from '../../src/http/to-api-error.ts'
import { testAccess } from '../support/test-access.ts'
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

/** Requests that are never answered. */
let waiting = 0

function open(path: string, answer: OpenRoute['answer']): OpenRoute {
  return { kind: 'open', path, methods: ['GET'], summary: 'a test', answer }
}

const half = streamRoute({
  path: '/half',
  methods: ['GET'],
  summary: 'a test',
  takes: { key: null },
  params: defineParams({}),
  answer: async () => ({
    contentType: 'application/json',
    chunks: (async function* () {
      yield '{"events":['
      throw leaky
    })(),
  }),
})

const ROUTES: Route[] = [
  open('/fine', () => ({ text: '{"ok":true}' })),
  open('/livez', () => ({ text: '{"ok":true}' })),
  open('/waits', () => {
    waiting += 1
    return new Promise(() => {})
  }),
  open('/fails', () => {
    throw leaky
  }),
  open('/rejects', () => Promise.reject(leaky)),
  open('/away', () => Promise.reject(new AwayError('no database'))),
  open('/named/:name', () => ({ text: '{"ok":true}' })),
  half,
]

let server: Served
beforeAll(async () => {
  const access = testAccess({
    authenticate: () => ({ kind: 'key', keyId: 'k', workspaceId: 'w', scopes: [] }),
  })
  server = await serve(ROUTES, {
    access,
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

test('An answer does not say what the server is built with, and cannot become a 304', async () => {
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
      message: expect.stringMatching(/^No such route: \/nowhere\. Served here: \/fine, /) as string,
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

test('A path that cannot be decoded is a 400', async () => {
  expect((await fetch(`${server.url}/named/a%20b`)).status).toBe(200)
  const response = await fetch(`${server.url}/named/%zz`)
  expect([response.status, (await errorOf(response)).type]).toEqual([400, 'bad_request'])
})

test('A method that a route does not have is a 405 that names those it has', async () => {
  const response = await fetch(`${server.url}/fine`, { method: 'POST', body: 'x' })
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  expect(await errorOf(response)).toMatchObject({ type: 'method_not_allowed' })
})

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
  await fetch(`${server.url}/fine?key=SECRET7`, { method: 'POST', body: '"SECRET8"' })
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
    address: '127.0.0.1',
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

/** The path in the log of a request with this target. */
async function loggedPath(target: string): Promise<unknown> {
  const connection = await openRawConnection(server.port)
  connection.send(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
  const answer = await connection.receiveAll()
  const reqId = /seam-request-id: (\S+)/i.exec(answer)?.[1]
  return server.logs.find((line) => line.reqId === reqId && line.path !== undefined)?.path
}

const KEY = 'seam_mirror1a1B2c3D4_abcdefghijkmnopqrstuvwx1'
const everyCharacter = (text: string, spell: (hex: string) => string) =>
  Array.from(text, (char) => spell(char.charCodeAt(0).toString(16))).join('')

test.each([
  ['plain', KEY],
  ['its first letter escaped', `%73${KEY.slice(1)}`],
  ['its underscores escaped', KEY.replaceAll('_', '%5F')],
  ['escaped twice', `%2573${KEY.slice(1)}`],
  ['escaped three times', KEY.replaceAll('_', '%25255f')],
  ['every character escaped', everyCharacter(KEY, (hex) => `%${hex}`)],
  ['in UTF-16 of the old kind', everyCharacter(KEY, (hex) => `%u00${hex}`)],
  [
    'in overlong UTF-8',
    everyCharacter(KEY, (hex) => `%C1%${(0x80 + (Number.parseInt(hex, 16) & 0x3f)).toString(16)}`),
  ],
  ['cut by an escaped slash', KEY.replace('_', '_%2F')],
  ['its secret part alone', KEY.slice(21)],
  ['in other letters', KEY.toUpperCase()],
  ['reversed', Array.from(KEY).toReversed().join('')],
  ['with a suffix', `${KEY}.json`],
  ['behind a semicolon', `list;key=${KEY}`],
  ['with a broken escape', `%zz${KEY}`],
  ['a key of letters only', 'seam_mirrorabcdefghijklmnop'],
  ['a webhook secret of letters only', 'whsec_abcdefghijklmnop'],
  ['a PIN', '73519462'],
])('E18, I9: A secret in the path is not logged, however it is spelled: %s', async (_title, segment) => {
  expect(await loggedPath(`/events/${segment}/list?${KEY}#${KEY}`)).toMatch(/^\/events\/…(?:\/list)?$/)
})

test.each([
  ['/devices/list', '/devices/list'],
  ['/v1/coverage', '/v1/coverage'],
  ['/client_sessions/get/', '/client_sessions/get/'],
  ['/', '/'],
  ['/wp-login.php', '/wp-login.php'],
  [
    '/webhooks/seam/0A1b2c3d-0000-4000-8000-000000000001',
    '/webhooks/seam/0A1b2c3d-0000-4000-8000-000000000001',
  ],
  [`/${'a/'.repeat(500)}`, `/${'a/'.repeat(99)}a`],
])('E18: What routes are made of is logged as it is: %s', async (target, logged) => {
  expect(await loggedPath(target)).toBe(logged)
})

test('B9: A request is logged with the address it came from, also when its sender has gone', async () => {
  const response = await fetch(`${server.url}/fine`)
  const line = server.logs.find(({ reqId }) => reqId === response.headers.get('seam-request-id'))
  expect(line?.address).toBe('127.0.0.1')
  const connection = await openRawConnection(server.port)
  connection.send('GET /waits HTTP/1.1\r\nhost: x\r\n\r\n')
  await expect.poll(() => waiting, { timeout: 60_000 }).toBe(1)
  connection.socket.destroy()
  const aborted = () => server.logs.find(({ path }) => path === '/waits')
  await expect.poll(aborted, { timeout: 60_000 }).toMatchObject({
    address: '127.0.0.1',
    status: null,
    msg: 'Request aborted by the caller',
  })
})

test.each(['/fine', '/nowhere', '/fails', '/away', '/livez'])(
  'C3: %s says that nobody may keep the answer',
  async (path) => {
    expect((await fetch(server.url + path)).headers.get('cache-control')).toBe('no-store')
  },
)

test('C3: So does the answer to what is no HTTP at all', async () => {
  const connection = await openRawConnection(server.port)
  connection.send('garbage\r\n\r\n')
  expect(await connection.receiveAll()).toMatch(/^HTTP\/1\.1 400 .*\r\ncache-control: no-store\r\n/s)
})
