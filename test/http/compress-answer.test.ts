import { type IncomingHttpHeaders, request as httpRequest } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../../src/domain/caller.ts'
import { testAccess } from '../support/test-access.ts'
import { createCompressor, MAX_COMPRESSIONS, MIN_COMPRESSED_BYTES } from '../../src/http/compress-answer.ts'
import { integer, required } from '../../src/http/param-kinds.ts'
import { defineParams } from '../../src/http/read-params.ts'
import { textRoute } from '../../src/http/route.ts'
import { serve, type Served } from './serve.ts'

const key = { kind: 'key', keyId: 'k', workspaceId: 'w' } as const
const session = { kind: 'client_session', workspaceId: 'w', clientSessionId: 's', token: 't', connectedAccountIds: [], userIdentityIds: [], connectWebviewIds: [] } as const // prettier-ignore
const CALLERS: Record<string, Caller> = {
  reader: { ...key, scopes: ['events:read'] },
  admin: { ...key, scopes: ['admin'] },
  auditor: { ...key, scopes: ['events:read', 'secrets:read'] },
  session,
}

let server: Served
beforeAll(async () => {
  const access = testAccess({ authenticate: ({ headers }) => CALLERS[headers.authorization ?? ''] ?? null })
  const common = {
    methods: ['GET', 'POST'],
    summary: 'items',
    takes: { key: null, client_session: null },
    params: defineParams({ items: required(integer({ min: 0 })) }),
    answer: async ({ items }: { items: number }) => ({
      text: ['{"items":[', ...Array.from({ length: items }, (_, i) => `"Zürich ${i}",`), '""],"ok":true}'],
    }),
  }
  server = await serve(
    [
      textRoute({ ...common, path: '/items/list' }),
      textRoute({ ...common, path: '/items/get', showsOwnToken: true }),
    ],
    { access },
  )
})
afterAll(() => server.stop(0))

interface Answer {
  status: number | undefined
  headers: IncomingHttpHeaders
  body: Buffer
}

/** Not with fetch, which asks for gzip by itself and unpacks it. */
function ask(
  encodings: string | undefined,
  { path = '/items/list', caller = 'reader', items = 1000, method = 'GET' } = {},
): Promise<Answer> {
  const headers = { authorization: caller, ...(encodings !== undefined && { 'accept-encoding': encodings }) }
  return new Promise((resolve, reject) => {
    httpRequest(`${server.url}${path}?items=${items}`, { method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => void chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
      .on('error', reject)
      .end()
  })
}

describe('C2: An answer', () => {
  test.each(['gzip', 'gzip, deflate, br', 'br;q=1, gzip;q=0.1', '*', 'GZIP', 'identity;q=0, gzip'])(
    'is compressed for %s, and is the same when unpacked',
    async (encodings) => {
      const [plain, packed] = [await ask(undefined), await ask(encodings)]
      expect(packed.headers).toMatchObject({
        'content-encoding': 'gzip',
        'content-length': String(packed.body.length),
        'content-type': 'application/json; charset=utf-8',
        vary: 'accept-encoding',
      })
      expect(packed.headers['transfer-encoding']).toBeUndefined()
      expect(gunzipSync(packed.body)).toEqual(plain.body)
      expect(packed.body.length).toBeLessThan(plain.body.length / 2)
    },
  )

  test.each([
    undefined,
    '',
    'identity',
    'br',
    'gzip;q=0',
    'identity;q=1, gzip;q=0.5',
    'gzip;q=0, *',
    ';;,=,q',
  ])('is sent as it is for %j, and says that it depends', async (encodings) => {
    const { status, headers, body } = await ask(encodings)
    expect(status).toBe(200)
    expect(headers['content-encoding']).toBeUndefined()
    expect(headers).toMatchObject({ 'content-length': String(body.length), vary: 'accept-encoding' })
    expect(JSON.parse(body.toString())).toMatchObject({ ok: true })
  })

  test('that is short is sent as it is', async () => {
    const { headers, body } = await ask('gzip', { items: 100 })
    expect(body.length).toBeLessThan(MIN_COMPRESSED_BYTES)
    expect(headers['content-encoding']).toBeUndefined()
  })

  test('has the same headers without its body', async () => {
    const { headers: get } = await ask('gzip')
    const { headers: head, body } = await ask('gzip', { method: 'HEAD' })
    expect(body.length).toBe(0)
    const names = ['content-encoding', 'content-length', 'content-type', 'cache-control', 'vary']
    for (const name of names) expect(head[name]).toBe(get[name])
  })

  test.each([
    ['reader', '/items/list', 'gzip'],
    ['admin', '/items/list', 'gzip'],
    ['session', '/items/list', 'gzip'],
    ['auditor', '/items/list', undefined],
    ['reader', '/items/get', 'gzip'],
    ['session', '/items/get', undefined],
  ])('I9: for %s at %s is compressed only if no secret can be in it', async (caller, path, expected) => {
    expect((await ask('gzip', { caller, path })).headers['content-encoding']).toBe(expected)
  })

  test('that is no success is sent as it is', async () => {
    const { status, headers, body } = await ask('gzip', { caller: 'nobody' })
    expect(status).toBe(401)
    expect(headers['content-encoding']).toBeUndefined()
    expect(JSON.parse(body.toString())).toMatchObject({ ok: false })
  })
})

test('C2, I12: So many answers are compressed at a time; one more is sent as it is, and the next is compressed again', async () => {
  const compress = createCompressor()
  const chunks = [Buffer.alloc(100_000, 'a'), Buffer.alloc(100_000, 'b')]
  const many = await Promise.all(Array.from({ length: MAX_COMPRESSIONS + 2 }, () => compress(chunks)))
  const packed = many.filter((each) => each !== null)
  expect(packed).toHaveLength(MAX_COMPRESSIONS)
  for (const each of packed) expect(gunzipSync(Buffer.concat(each))).toEqual(Buffer.concat(chunks))
  expect(await compress(chunks)).not.toBeNull()
})

test('C2: Under many requests at once every answer is whole, compressed or not', async () => {
  const [{ body }] = [await ask(undefined, { items: 20_000 })]
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask('gzip', { items: 20_000 })))
  for (const { status, headers, body: sent } of answers) {
    expect(status).toBe(200)
    expect((headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent).equals(body)).toBe(true)
  }
  expect(answers.some(({ headers }) => headers['content-encoding'] === 'gzip')).toBe(true)
})
