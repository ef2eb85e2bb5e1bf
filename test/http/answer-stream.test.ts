import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import type { Caller } from '../../src/domain/caller.ts'
import { ApiError } from '../../src/http/api-error.ts'
import type { CallerAccess } from '../../src/http/caller-access.ts'
import { integer } from '../../src/http/param-kinds.ts'
import { defineParams } from '../../src/http/read-params.ts'
import { type StreamAnswer, type StreamCall, streamRoute } from '../../src/http/route.ts'
import type { HttpLimits } from '../../src/http/start-http-server.ts'
import { STREAM_LIMITS, type StreamLimits } from '../../src/http/stream-limits.ts'
import { serviceUnavailable } from '../../src/http/to-api-error.ts'
import { testAccess } from '../support/test-access.ts'
import { openRawConnection } from './raw-connection.ts'
import { errorOf, serve, type Served } from './serve.ts'

const KEY: Caller = { kind: 'key', keyId: 'k', workspaceId: 'w', scopes: ['events:read'] }
const AUDITOR: Caller = { ...KEY, scopes: ['events:read', 'secrets:read'] }

/** How clients say that a connection ended before its answer did. */
const CUT = /terminated|fetch failed|aborted|hang up/

interface Rig extends Served {
  get: (headers?: Record<string, string>) => Promise<Response>
  /** Stops as the service does: the streams hear of it first. */
  stopService: (graceMs: number) => Promise<{ cutOff: number }>
}

/** A server with one stream at `/stream`. */
async function serveStream(
  answer: (call: StreamCall) => Partial<StreamAnswer> & Pick<StreamAnswer, 'chunks'>,
  options: {
    access?: Partial<CallerAccess>
    streamLimits?: Partial<StreamLimits>
    limits?: Partial<HttpLimits>
  } = {},
): Promise<Rig> {
  const stopping = new AbortController()
  const route = streamRoute({
    path: '/stream',
    methods: ['GET'],
    summary: 'a stream',
    takes: { key: 'events:read' },
    params: defineParams({ limit: integer({ min: 1 }) }),
    answer: async (_params, call) => ({ contentType: 'text/event-stream', ...answer(call) }),
  })
  const access = testAccess({
    authenticate: () => KEY,
    ...options.access,
    stopping: stopping.signal,
    streamLimits: { ...STREAM_LIMITS, ...options.streamLimits },
  })
  const server = await serve([route], { access, limits: options.limits ?? {} })
  onTestFinished(async () => void (await server.stop(0)))
  return {
    ...server,
    get: (headers = {}) => fetch(`${server.url}/stream`, { headers }),
    stopService: (graceMs) => {
      stopping.abort()
      return server.stop(graceMs)
    },
  }
}

async function* chunksOf(...chunks: string[]): AsyncGenerator<string> {
  yield* chunks
}

/** Heartbeats until the stream has to end, and then a last message with the reason. */
async function* heartbeats({ signal }: StreamCall, everyMs = 20): AsyncGenerator<string> {
  while (!signal.aborted) {
    yield ':\n\n'
    await wait(everyMs, undefined, { signal }).catch(() => {})
  }
  yield `event: bye\ndata: ${String(signal.reason)}\n\n`
}

test('A stream has its own content type and headers, and names ignored parameters, as other answers do', async () => {
  const server = await serveStream(() => ({ headers: { 'x-own': '1' }, chunks: chunksOf('a', 'b', 'c') }))
  const response = await fetch(`${server.url}/stream?until=x`)
  expect(await response.text()).toBe('abc')
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-own': '1',
    'seam-mirror-ignored-parameters': 'until',
    'transfer-encoding': 'chunked',
  })
  const head = await fetch(`${server.url}/stream`, { method: 'HEAD' })
  expect([head.status, head.headers.get('x-own'), await head.text()]).toEqual([200, '1', ''])
})

test('What is wrong before the first chunk is answered as an error: method, parameters, scope, credential, the route itself', async () => {
  const server = await serveStream(() => {
    throw serviceUnavailable('not now')
  })
  expect((await server.get()).status).toBe(503)
  expect((await fetch(`${server.url}/stream`, { method: 'POST' })).status).toBe(405)
  expect((await fetch(`${server.url}/stream?limit=0`)).status).toBe(400)
  const poor = await serveStream(() => ({ chunks: chunksOf('a') }), {
    access: { authenticate: () => ({ ...KEY, scopes: [] }) },
  })
  expect((await poor.get()).status).toBe(403)
  const nobody = await serveStream(() => ({ chunks: chunksOf('a') }), {
    access: { authenticate: () => null },
  })
  expect((await nobody.get()).status).toBe(401)
})

test('A stream that fails half way is cut, so that nobody takes it for the whole', async () => {
  const server = await serveStream(() => ({
    chunks: (async function* () {
      yield 'half'
      throw new Error('boom')
    })(),
  }))
  await expect(server.get().then((response) => response.text())).rejects.toThrow(/terminated|fetch failed/)
  expect(server.logs.some(({ msg }) => msg === 'Answered 500')).toBe(true)
})

test('I12: a chunk is made only when the caller has room for it, and a caller that reads again gets all', async () => {
  const CHUNK = 'x'.repeat(256 * 1024)
  let made = 0
  const server = await serveStream(() => ({
    chunks: (async function* () {
      while (made < 400) {
        made += 1
        yield CHUNK
      }
    })(),
  }))
  const [response] = (await once(httpRequest(`${server.url}/stream`).end(), 'response')) as [IncomingMessage]
  // The kernel takes some megabytes; then nothing is made any more, however often the event loop turns.
  let before = -1
  while (before !== made) {
    before = made
    for (let i = 0; i < 20; i++) await (await fetch(`${server.url}/nowhere`)).arrayBuffer()
  }
  expect(made).toBeLessThan(100)
  let bytes = 0
  for await (const chunk of response) bytes += (chunk as Buffer).length
  expect([made, bytes]).toEqual([400, 400 * CHUNK.length])
})

test('I12: a caller that has gone ends its stream, and what the stream waits for', async () => {
  const ended = Promise.withResolvers<unknown>()
  const server = await serveStream(({ signal }) => ({
    chunks: (async function* () {
      try {
        yield 'first'
        await wait(600_000, undefined, { signal })
      } finally {
        ended.resolve(signal.reason)
      }
    })(),
  }))
  const leaving = new AbortController()
  const response = await fetch(`${server.url}/stream`, { signal: leaving.signal })
  const reader = response.body?.getReader()
  await reader?.read()
  leaving.abort()
  expect(await ended.promise).toBe('left')
})

test('I14: a clean stop gives every stream a last message, and waits for no more', async () => {
  const server = await serveStream((call) => ({ chunks: heartbeats(call) }))
  const responses = await Promise.all(Array.from({ length: 20 }, () => server.get()))
  const stopped = server.stopService(600_000)
  const texts = await Promise.all(responses.map((response) => response.text()))
  for (const text of texts) expect(text).toMatch(/^(?::\n\n)+event: bye\ndata: stopping\n\n$/)
  expect(await stopped).toEqual({ cutOff: 0 })
})

test('I14: a stream that does not end by itself is cut when its second is over, and so is one whose caller does not read', async () => {
  const server = await serveStream(
    () => ({
      chunks: (async function* () {
        yield 'first'
        await new Promise(() => {})
      })(),
    }),
    { streamLimits: { lastMessageMs: 50 } },
  )
  const response = await server.get()
  const stopped = server.stopService(600_000)
  await expect(response.text()).rejects.toThrow(CUT)
  await stopped
  const endless = await serveStream(
    () => ({
      chunks: (async function* () {
        for (let made = 0; made < 500; made++) yield 'x'.repeat(64 * 1024)
      })(),
    }),
    { streamLimits: { lastMessageMs: 50 } },
  )
  await once(httpRequest(`${endless.url}/stream`).end(), 'response')
  await endless.stopService(600_000)
})

test('A stream that waits with its signal and throws when it aborts is cut, and is no error of ours', async () => {
  const server = await serveStream(({ signal }) => ({
    chunks: (async function* () {
      yield 'first'
      await wait(600_000, undefined, { signal })
    })(),
  }))
  const response = await server.get()
  await Promise.all([expect(response.text()).rejects.toThrow(CUT), server.stopService(600_000)])
  expect(server.logs.filter(({ level }) => Number(level) >= 40)).toEqual([])
})

/** How a stream ends whose caller is looked up again, and is found to be this. */
async function endOf(later: () => Caller | null): Promise<string> {
  let asked = 0
  const server = await serveStream((call) => ({ chunks: heartbeats(call) }), {
    access: {
      authenticate: () => {
        asked += 1
        return asked === 1 ? KEY : later()
      },
    },
    streamLimits: { recheckMs: 20 },
  })
  let isEnded = false
  const text = server.get().then((response) => response.text())
  text.finally(() => (isEnded = true)).catch(() => {})
  await expect.poll(() => isEnded || asked > 8, { timeout: 60_000 }).toBe(true)
  await server.stopService(600_000)
  return (await text).replace(/^(?::\n\n)+/, '')
}

test.each<[string, () => Caller | null]>([
  ['is revoked', () => null],
  ['may see less', () => ({ ...KEY, scopes: [] })],
  [
    'is not for this workspace any more',
    () => {
      throw new ApiError(401, 'unauthorized', 'elsewhere')
    },
  ],
])('I10: a stream ends soon after its caller %s', async (_title, later) => {
  expect(await endOf(later)).toBe('event: bye\ndata: revoked\n\n')
})

test.each<[string, () => Caller | null]>([
  ['is the same', () => structuredClone(KEY)],
  [
    'cannot be looked up now',
    () => {
      throw serviceUnavailable('no database')
    },
  ],
])('I10: a stream goes on while its caller %s', async (_title, later) => {
  expect(await endOf(later)).toBe('event: bye\ndata: stopping\n\n')
})

test('I12: one caller may have so many streams, all callers together so many, and who leaves makes room', async () => {
  let caller = KEY
  const server = await serveStream((call) => ({ chunks: heartbeats(call) }), {
    access: { authenticate: () => caller },
    streamLimits: { perCaller: 2, all: 3 },
  })
  const open = async () => {
    const leaving = new AbortController()
    const response = await fetch(`${server.url}/stream`, { signal: leaving.signal })
    return { response, leave: () => leaving.abort() }
  }
  const [first] = [await open(), await open()]
  const refused = await server.get()
  expect([refused.status, (await errorOf(refused)).type]).toEqual([429, 'too_many_requests'])
  caller = { ...KEY, keyId: 'other' }
  expect((await open()).response.status).toBe(200)
  const full = await server.get()
  expect([full.status, full.headers.get('retry-after')]).toEqual([503, '1'])
  first.leave()
  await expect.poll(async () => (await open()).response.status, { timeout: 60_000 }).toBe(200)
})

test('I12: a stream keeps no turn of its caller while it is open', async () => {
  const done: string[] = []
  const server = await serveStream(
    ({ inTurn }) => ({
      chunks: (async function* () {
        yield await inTurn(async () => 'asked')
        done.push('written')
      })(),
    }),
    {
      access: {
        share: async (_caller, work) => {
          done.push('turn')
          const result = await work()
          done.push('over')
          return result
        },
      },
    },
  )
  expect(await (await server.get()).text()).toBe('asked')
  expect(done).toEqual(['turn', 'over', 'written'])
})

/** Not with fetch, which asks for gzip by itself and unpacks it. */
async function packed(url: string): Promise<{ encoding: string | undefined; body: Buffer }> {
  const asking = httpRequest(url, { headers: { 'accept-encoding': 'gzip' } }).end()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>)
  return { encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) }
}

test('C2: a stream that may be is compressed, and is the same when unpacked; what fails half way is cut there, too', async () => {
  const rows = Array.from({ length: 2_000 }, (_, i) => `{"row":${i},"name":"Zürich"}\n`)
  const server = await serveStream(() => ({ compress: 'if_accepted', chunks: chunksOf(...rows) }))
  const { encoding, body } = await packed(`${server.url}/stream`)
  expect(encoding).toBe('gzip')
  expect(body.length).toBeLessThan(rows.join('').length / 4)
  expect(gunzipSync(body).toString()).toBe(rows.join(''))
  const failing = await serveStream(() => ({
    compress: 'if_accepted',
    chunks: (async function* () {
      yield* rows
      throw new Error('boom')
    })(),
  }))
  await expect(packed(`${failing.url}/stream`)).rejects.toThrow(CUT)
})

test.each<[string, Caller, Partial<StreamAnswer>, Partial<StreamLimits>]>([
  ['that may hold secrets', AUDITOR, { compress: 'if_accepted' }, {}],
  ['that does not allow it', KEY, {}, {}],
  ['beside enough others', KEY, { compress: 'if_accepted' }, { compressed: 0 }],
])('I9: a stream %s is sent as it is', async (_title, caller, answer, streamLimits) => {
  const server = await serveStream(() => ({ ...answer, chunks: chunksOf('a', 'b') }), {
    access: { authenticate: () => caller },
    streamLimits,
  })
  expect(await packed(`${server.url}/stream`)).toEqual({ encoding: undefined, body: Buffer.from('ab') })
})

test('A quiet stream lives longer than silence may last, by its heartbeats; one without them is cut', async () => {
  const limits = { stalledMs: 400 }
  const server = await serveStream((call) => ({ chunks: heartbeats(call, 100) }), { limits })
  const response = await server.get()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (text.length >= 12 * ':\n\n'.length) break
  }
  expect(text).toMatch(/^(?::\n\n)+$/)
  const silent = await serveStream(
    ({ signal }) => ({ chunks: heartbeats({ signal } as StreamCall, 600_000) }),
    {
      limits,
    },
  )
  await expect(silent.get().then((each) => each.text())).rejects.toThrow(CUT)
})

test('I12: when answers wait to be read, the slow lose their connection, and not a stream whose caller keeps reading', async () => {
  const MEGABYTE = 'x'.repeat(1024 * 1024)
  const server = await serveStream(
    () => ({
      chunks: (async function* () {
        for (;;) {
          yield MEGABYTE
        }
      })(),
    }),
    { limits: { maxUnsentBytes: 4 * MEGABYTE.length + 10_000, unsentCheckMs: 5 } },
  )
  const steady = await server.get()
  const reader = steady.body?.getReader()
  let bytes = 0
  const readFor = async (megabytes: number) => {
    const until = bytes + megabytes * MEGABYTE.length
    while (bytes < until) {
      const { value, done } = (await reader?.read()) ?? { done: true }
      if (done) throw new Error('The stream ended.')
      bytes += value?.length ?? 0
    }
  }
  const sockets: Socket[] = []
  const openSlow = async () => {
    const connection = await openRawConnection(server.port)
    connection.send('GET /stream HTTP/1.1\r\nhost: x\r\n\r\n')
    connection.socket.pause()
    sockets.push(connection.socket)
  }
  await readFor(10)
  // These three alone may wait: no more than a chunk of each does.
  for (let i = 0; i < 3; i++) await openSlow()
  await readFor(50)
  const aborted = () => server.logs.some(({ msg }) => msg === 'Request aborted by the caller')
  while (!aborted()) {
    await openSlow()
    await readFor(5)
  }
  await expect(readFor(50)).resolves.toBeUndefined()
  for (const socket of sockets) socket.destroy()
  await reader?.cancel()
})
