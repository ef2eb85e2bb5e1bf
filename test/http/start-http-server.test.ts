import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type HttpLimits, type HttpServer, startHttpServer } from '../../src/http/start-http-server.ts'
import { openRawConnection } from './raw-connection.ts'
import { UUID } from './serve.ts'

const servers: HttpServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)))
})

const answerOk: RequestListener = (_request, response) => void response.end('ok')

async function start(app: RequestListener = answerOk, limits: Partial<HttpLimits> = {}): Promise<HttpServer> {
  const server = await startHttpServer({ app, host: '127.0.0.1', port: 0, limits })
  servers.push(server)
  return server
}

/** An app whose answers wait until they are released. */
function held(): { app: RequestListener; arrived: Promise<void>; release: () => void } {
  const arrived = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  return {
    app: (_request, response) => {
      arrived.resolve()
      void released.promise.then(() => response.end('held'))
    },
    arrived: arrived.promise,
    release: released.resolve,
  }
}

/** Splits an answer that was read from the wire, and checks what every error has. */
function errorParts(answer: string): { status: number; type: string } {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const parsed = JSON.parse(body) as { error: { type: string; request_id: string }; ok: boolean }
  expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`)
  expect(head).toMatch(/content-type: application\/json/)
  expect(head).toContain(`seam-request-id: ${parsed.error.request_id}`)
  expect(parsed.error.request_id).toMatch(UUID)
  expect(parsed.ok).toBe(false)
  return { status: Number(head.split(' ')[1]), type: parsed.error.type }
}

test('A query of 1,300 UUIDs is taken, where Node alone would stop at 341', async () => {
  const server = await start((request, response) => void response.end(String(request.url?.length)))
  const query = Array.from({ length: 1300 }, () => `device_ids=${crypto.randomUUID()}`).join('&')
  const response = await fetch(`${server.url}/events/list?${query}`)
  expect([response.status, await response.text()]).toEqual([
    200,
    String('/events/list?'.length + query.length),
  ])
})

test('Headers over 64 KiB are answered 431 in the shape of every error', async () => {
  const server = await start()
  const response = await fetch(`${server.url}/?${'x'.repeat(65 * 1024)}`)
  expect(response.status).toBe(431)
  expect(await response.json()).toMatchObject({
    error: { type: 'request_header_fields_too_large', request_id: response.headers.get('seam-request-id') },
    ok: false,
  })
})

test.each(['nonsense\r\n\r\n', 'GET / HTTP/1.1\r\nbad header\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n'])(
  'What is not HTTP is answered 400 and the connection ends: %j',
  async (bytes) => {
    const server = await start()
    const connection = await openRawConnection(server.port)
    connection.send(bytes)
    expect(errorParts(await connection.receiveAll())).toEqual({ status: 400, type: 'bad_request' })
  },
)

test('Garbage behind a request that is being answered cuts the connection instead of mixing two answers', async () => {
  const { app, arrived } = held()
  const server = await start(app)
  const connection = await openRawConnection(server.port)
  connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await arrived
  connection.send('nonsense\r\n\r\n')
  expect(await connection.receiveAll()).toBe('')
})

test('I12: A request that does not arrive in time is answered 408', async () => {
  const server = await start(answerOk, { headersTimeoutMs: 50, requestTimeoutMs: 50, timeoutCheckMs: 20 })
  const connection = await openRawConnection(server.port)
  connection.send('GET / HTTP/1.1\r\nhost:')
  expect(errorParts(await connection.receiveAll())).toEqual({ status: 408, type: 'request_timeout' })
})

test('A port that is taken is refused with what to do about it', async () => {
  const { port } = await start()
  await expect(startHttpServer({ app: answerOk, host: '127.0.0.1', port })).rejects.toThrow(
    `Cannot listen on 127.0.0.1, port ${port}: something else does. Set PORT to a free one.`,
  )
})

test('An address this machine does not have is refused with what to do about it', async () => {
  await expect(startHttpServer({ app: answerOk, host: '192.0.2.1', port: 0 })).rejects.toThrow(
    /Set HOST to one it has/,
  )
})

test('The URL is one that a client can use also when it listens on all interfaces', async () => {
  const server = await startHttpServer({ app: answerOk, port: 0 })
  servers.push(server)
  expect(server.url).toBe(`http://localhost:${server.port}`)
  expect(await (await fetch(server.url)).text()).toBe('ok')
})

test('I14: Stopping waits for running requests, tells their connections to close, and takes no new ones', async () => {
  const { app, arrived, release } = held()
  const server = await start(app)
  const answer = fetch(server.url)
  await arrived
  const stopped = server.stop(20_000)
  await expect(openRawConnection(server.port)).rejects.toThrow(/ECONNREFUSED/)
  release()
  const response = await answer
  expect([await response.text(), response.headers.get('connection')]).toEqual(['held', 'close'])
  expect(await stopped).toEqual({ cutOff: 0 })
})

test('I14: Stopping does not wait for idle connections, used or not', async () => {
  const server = await start()
  const unused = await openRawConnection(server.port)
  const used = await openRawConnection(server.port)
  used.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await used.receive('ok')
  expect(await server.stop(20_000)).toEqual({ cutOff: 0 })
  await Promise.all([unused.receiveAll(), used.receiveAll()])
})

test('I14: A connection whose answer had begun before the stop is closed when the answer is done', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<() => void>()
  const server = await start((_request, response) => {
    response.write('first ')
    begin(() => response.end('last'))
  })
  const connection = await openRawConnection(server.port)
  connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  const finish = await begun
  await connection.receive('first')
  const stopped = server.stop(20_000)
  finish()
  expect(await stopped).toEqual({ cutOff: 0 })
  expect(await connection.receiveAll()).toMatch(/last/)
})

test('I14: What runs longer than the grace period is cut off and counted', async () => {
  const { app, arrived } = held()
  const server = await start(app)
  const connection = await openRawConnection(server.port)
  connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await arrived
  expect(await server.stop(30)).toEqual({ cutOff: 1 })
  if (!connection.socket.closed) await once(connection.socket, 'close')
  await expect(fetch(server.url)).rejects.toThrow('fetch failed')
})

/** More than the kernel takes over for a caller that does not read. */
const LONG_ANSWER = Buffer.alloc(16 * 1024 * 1024, 'x')

/** Asks for an answer and reads nothing of it. */
async function askWithoutReading(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  return socket
}

test('I12: a caller that stops reading its answer loses its connection after a while', async () => {
  const closed = Promise.withResolvers<void>()
  const server = await start(
    (_request, response) => {
      response.on('close', () => closed.resolve())
      response.end(LONG_ANSWER)
    },
    { stalledMs: 100 },
  )
  const socket = await askWithoutReading(server.port)
  await expect(closed.promise).resolves.toBeUndefined()
  socket.destroy()
})

test('I12: answers that nobody reads are held up to a limit, then the oldest are given up; who reads gets all of its answer', async () => {
  const closed: number[] = []
  let count = 0
  const server = await start(
    (_request, response) => {
      const number = count++
      response.on('close', () => closed.push(number))
      response.end(LONG_ANSWER)
    },
    { maxUnsentBytes: 2.5 * LONG_ANSWER.length, unsentCheckMs: 10 },
  )
  const sockets: Socket[] = []
  for (let i = 0; i < 4; i++) {
    sockets.push(await askWithoutReading(server.port))
    await expect.poll(() => count).toBe(i + 1)
  }
  await expect.poll(() => closed.length).toBeGreaterThanOrEqual(2)
  const read = await fetch(server.url)
  expect((await read.arrayBuffer()).byteLength).toBe(LONG_ANSWER.length)
  expect(closed.slice(0, 2)).toEqual([0, 1])
  for (const socket of sockets) socket.destroy()
})
