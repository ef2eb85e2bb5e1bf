import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Caller } from '../../src/domain/caller.ts'
import { textRoute } from '../../src/http/route.ts'
import { testAccess } from '../support/test-access.ts'
import { integer, uuidList } from '../../src/http/param-kinds.ts'
import { MAX_INPUT_BYTES } from '../../src/http/read-input.ts'
import { defineParams } from '../../src/http/read-params.ts'
import { callerWithKey } from './caller-with-key.ts'
import { openRawConnection } from './raw-connection.ts'
import { errorOf, serve, type Served } from './serve.ts'

let server: Served

const CALLER: Caller = { kind: 'key', keyId: 'k', workspaceId: 'w', scopes: ['events:read'] }

beforeAll(async () => {
  const authenticate = callerWithKey('good', CALLER)
  const route = textRoute({
    path: '/things/list',
    methods: ['GET', 'POST'],
    summary: 'things',
    takes: { key: null },
    params: defineParams({ ids: uuidList(), limit: integer({ min: 1 }) }),
    answer: async ({ ids, limit }) => ({ text: JSON.stringify({ ids: ids?.length, limit, ok: true }) }),
  })
  server = await serve([route], { access: testAccess({ authenticate }) })
})
afterAll(() => server.stop(0))

const authorization = 'Bearer good'
const json = 'application/json'

type Call = Omit<RequestInit, 'headers'> & { query?: string; headers?: Record<string, string> }

function call(init: Call = {}): Promise<Response> {
  const { query = '', headers, ...rest } = init
  return fetch(`${server.url}/things/list${query}`, { ...rest, headers: { authorization, ...headers } })
}

describe('What counts as input', () => {
  test.each<[string, Call, object]>([
    ['a query', { query: '?limit=3&_strict=true' }, { limit: 3 }],
    ['a GET with a JSON content type and no body', { headers: { 'content-type': json } }, {}],
    ['a JSON body', { method: 'POST', headers: { 'content-type': json }, body: '{"limit":4}' }, { limit: 4 }],
    [
      'a JSON body with a charset, in other letters',
      {
        method: 'POST',
        headers: { 'content-type': 'Application/JSON; Charset="UTF-8"' },
        body: '{"limit":4}',
      },
      { limit: 4 },
    ],
    ['an empty POST', { method: 'POST' }, {}],
    ['an empty JSON POST', { method: 'POST', headers: { 'content-type': json }, body: '' }, {}],
    [
      'an empty form, as old SDKs send for no arguments',
      { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '' },
      {},
    ],
    [
      'a query and a body that wins',
      { method: 'POST', query: '?limit=1', headers: { 'content-type': json }, body: '{"limit":2}' },
      { limit: 2 },
    ],
    ['a POST with a query alone', { method: 'POST', query: '?limit=5' }, { limit: 5 }],
    [
      'ten thousand ids',
      {
        method: 'POST',
        headers: { 'content-type': json },
        body: JSON.stringify({ ids: Array.from({ length: 10_000 }, () => crypto.randomUUID()) }),
      },
      { ids: 10_000 },
    ],
  ])('%s', async (_title, init, expected) => {
    const response = await call(init)
    expect(await response.json()).toEqual({ ...expected, ok: true })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  })

  test('a body whose sender has already closed its half of the connection', async () => {
    const connection = await openRawConnection(server.port)
    connection.socket.end(
      `POST /things/list HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n` +
        `content-type: ${json}\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{"limit":6}`,
    )
    expect(await connection.receiveAll()).toContain('{"limit":6,"ok":true}')
  })
})

describe('What does not', () => {
  const post = (body: string | Buffer<ArrayBuffer>, type = json, headers = {}): Call => ({
    method: 'POST',
    body,
    headers: { 'content-type': type, ...headers },
  })
  test.each<[string, Call, number, string, string]>([
    ['malformed JSON', post('{"limit":'), 400, 'invalid_input', 'Malformed JSON body'],
    [
      'JSON that is not UTF-8',
      post(Buffer.from([0x22, 0xff, 0x22])),
      400,
      'invalid_input',
      'Malformed JSON body',
    ],
    ['a list', post('[]'), 400, 'invalid_input', 'The JSON body must be an object'],
    ['null', post('null'), 400, 'invalid_input', 'The JSON body must be an object'],
    [
      'a form',
      post('limit=1', 'application/x-www-form-urlencoded'),
      400,
      'invalid_content_type',
      'The content type of the request must be application/json',
    ],
    [
      'text',
      post('{"limit":1}', 'text/plain'),
      400,
      'invalid_content_type',
      'The content type of the request must be application/json',
    ],
    [
      'another charset',
      post('{}', 'application/json; charset=utf-16'),
      415,
      'unsupported_media_type',
      'The charset of the request body must be UTF-8',
    ],
    [
      'a compressed body',
      post(gzipSync('{}'), json, { 'content-encoding': 'gzip' }),
      415,
      'unsupported_media_type',
      'A compressed request body is not supported',
    ],
    [
      'a body over the limit',
      post(' '.repeat(MAX_INPUT_BYTES + 1)),
      413,
      'payload_too_large',
      'The request body is too large',
    ],
  ])('%s', async (_title, init, status, type, message) => {
    const response = await call(init)
    const error = await errorOf(response)
    expect([response.status, error.type, error.message]).toEqual([status, type, message])
    expect(error.validation_errors).toEqual(type === 'invalid_input' ? { _errors: [message] } : undefined)
  })

  test('I12: A body that is announced as over the limit is refused before it comes', async () => {
    const connection = await openRawConnection(server.port)
    connection.send(
      `POST /things/list HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n` +
        `content-type: ${json}\r\ncontent-length: ${MAX_INPUT_BYTES + 1}\r\n\r\n`,
    )
    expect(await connection.receive('"ok":false}')).toMatch(/^HTTP\/1\.1 413 .*payload_too_large/s)
    connection.socket.destroy()
  })

  test('I12: A body over the limit is refused before its end, also when its length was not announced', async () => {
    const connection = await openRawConnection(server.port)
    connection.send(
      `POST /things/list HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n` +
        `content-type: ${json}\r\ntransfer-encoding: chunked\r\n\r\n` +
        `${(MAX_INPUT_BYTES + 1).toString(16)}\r\n${' '.repeat(MAX_INPUT_BYTES + 1)}\r\n`,
    )
    expect(await connection.receive('"ok":false}')).toMatch(/^HTTP\/1\.1 413 .*payload_too_large/s)
    connection.socket.destroy()
  })
})

describe('The order of the checks', () => {
  test('a caller without a key is told nothing else, whatever else is wrong', async () => {
    for (const method of ['PUT', 'OPTIONS', 'POST']) {
      const response = await call({
        method,
        headers: { authorization: 'Bearer bad', 'content-type': 'text/plain' },
      })
      expect([response.status, (await errorOf(response)).type]).toEqual([401, 'unauthorized'])
    }
  })

  test('then comes the method, with the ones that are allowed', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const response = await call({ method, body: 'x' })
      expect([response.status, (await errorOf(response)).type]).toEqual([405, 'method_not_allowed'])
      expect(response.headers.get('allow')).toBe('GET, HEAD, POST')
    }
  })

  test('then the body, and the parameters last', async () => {
    const wrongType = await call({ method: 'POST', query: '?limit=x', body: 'x' })
    expect((await errorOf(wrongType)).type).toBe('invalid_content_type')
    expect(await errorOf(await call({ query: '?limit=x' }))).toMatchObject({
      type: 'invalid_input',
      message: 'Expected number, received string for "limit"',
      validation_errors: { _errors: [], limit: { _errors: ['Expected number, received string'] } },
    })
  })
})

describe('C6: A parameter that the endpoint does not have', () => {
  test('is ignored, and named in a header of the answer', async () => {
    const response = await call({ query: '?limit=3&until=2026&device%20id=x&_strict=true' })
    expect(await response.json()).toEqual({ limit: 3, ok: true })
    expect(response.headers.get('seam-mirror-ignored-parameters')).toBe('until, device%20id')
    expect((await call({ query: '?limit=3' })).headers.has('seam-mirror-ignored-parameters')).toBe(false)
  })

  test('is named as well in the refusal of another, and to nobody without a key', async () => {
    const refused = await call({ query: '?limit=x&until=2026' })
    expect([refused.status, refused.headers.get('seam-mirror-ignored-parameters')]).toEqual([400, 'until'])
    const stranger = await call({ query: '?until=2026', headers: { authorization: 'Bearer bad' } })
    expect([stranger.status, stranger.headers.get('seam-mirror-ignored-parameters')]).toEqual([401, null])
  })
})

describe('C4: HEAD', () => {
  test('is answered like GET, without the body', async () => {
    const [get, head] = [await call({ query: '?limit=3' }), await call({ query: '?limit=3', method: 'HEAD' })]
    expect(await head.text()).toBe('')
    const headers = (response: Response) =>
      Object.fromEntries(
        [...response.headers].filter(
          ([name]) => !/^(?:seam-request-id|date|connection|keep-alive)$/.test(name),
        ),
      )
    expect(head.status).toBe(200)
    expect(headers(head)).toEqual(headers(get))
    expect(head.headers.get('content-length')).toBe(String('{"limit":3,"ok":true}'.length))
  })

  test('leaves the connection fit for the next request', async () => {
    const connection = await openRawConnection(server.port)
    const request = (method: string) =>
      `${method} /things/list HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n`
    connection.send(`${request('HEAD')}\r\n${request('GET')}connection: close\r\n\r\n`)
    const [first, second, ...more] = (await connection.receiveAll()).split('HTTP/1.1 200 OK').slice(1)
    expect(more).toEqual([])
    expect(first).toMatch(/\r\n\r\n$/)
    expect(second).toMatch(/\r\n\r\n\{"ok":true\}$/)
  })

  test('is refused like GET: by credential, by input, and where there is no GET', async () => {
    expect((await call({ method: 'HEAD', headers: { authorization: 'Bearer bad' } })).status).toBe(401)
    expect((await call({ method: 'HEAD', query: '?limit=x' })).status).toBe(400)
    const posted = textRoute({
      path: '/posted',
      methods: ['POST'],
      summary: 'posted',
      takes: { key: null },
      params: defineParams({}),
      answer: async () => ({ text: '{}' }),
    })
    const own = await serve([posted], { access: testAccess({ authenticate: () => CALLER }) })
    onTestFinished(async () => void (await own.stop(0)))
    const response = await fetch(`${own.url}/posted`, { method: 'HEAD' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe("B9: A request's line in the log names the key", () => {
  const lineOf = (response: Response) =>
    server.logs.find(({ reqId }) => reqId === response.headers.get('seam-request-id'))

  test('of a caller that is let in, also when its request is wrong', async () => {
    expect(lineOf(await call())).toMatchObject({ status: 200, keyId: 'k' })
    expect(lineOf(await call({ query: '?limit=x' }))).toMatchObject({ status: 400, keyId: 'k' })
  })

  test('of nobody else', async () => {
    const line = lineOf(await call({ headers: { authorization: 'Bearer bad' } }))
    expect(line).toMatchObject({ status: 401, address: '127.0.0.1' })
    expect(line).not.toHaveProperty('keyId')
  })
})
