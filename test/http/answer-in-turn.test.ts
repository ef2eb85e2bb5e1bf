import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type HttpLimits, type HttpServer, startHttpServer } from '../../src/http/start-http-server.ts'
import { openRawConnection } from './raw-connection.ts'

const servers: HttpServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)))
})

async function start(app: RequestListener, limits: Partial<HttpLimits> = {}): Promise<HttpServer> {
  const server = await startHttpServer({ app, host: '127.0.0.1', port: 0, limits })
  servers.push(server)
  return server
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`
const LONG_ANSWER = Buffer.alloc(4 * 1024 * 1024, 'x')

/** Sends, and reads nothing. */
async function send(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

test('E6, I12: of pipelined requests one is answered at a time, whatever is read of the answers', async () => {
  const open = new Map<string, Set<ServerResponse>>()
  let mostOnOne = 0
  let mostBytes = 0
  const server = await start((request, response) => {
    const [, connection = ''] = (request.url ?? '').split('/')
    const answers = open.get(connection) ?? new Set()
    open.set(connection, answers.add(response))
    response.on('close', () => answers.delete(response))
    response.end(LONG_ANSWER)
    const unfinished = (each: Set<ServerResponse>) => [...each].filter((one) => !one.writableFinished)
    mostOnOne = Math.max(mostOnOne, unfinished(answers).length)
    const all = [...open.values()].flatMap(unfinished)
    mostBytes = Math.max(
      mostBytes,
      all.reduce((sum, each) => sum + each.writableLength, 0),
    )
  })
  const sockets = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      send(server.port, Array.from({ length: 200 }, (__, j) => get(`/${i}/${j}`)).join('')),
    ),
  )
  await expect.poll(() => open.size, { timeout: 60_000 }).toBe(12)
  // Another connection's request goes through all of the event loop, and so does whatever the 2,388 others would have begun.
  for (let i = 0; i < 3; i++) await (await fetch(`${server.url}/other`)).arrayBuffer()
  expect(mostOnOne).toBe(1)
  expect(mostBytes).toBeLessThanOrEqual(13 * (LONG_ANSWER.length + 1_000))
  for (const socket of sockets) socket.destroy()
})

test('E6: pipelined requests are all answered, in their order, also those with bodies and those that came in pieces', async () => {
  const server = await start((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    // The later ones would be ready first.
    request.on('end', () => setImmediate(() => response.end(`<${request.url} ${body.length}>`)))
  })
  const connection = await openRawConnection(server.port)
  const post = (path: string, length: number) =>
    `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n${'b'.repeat(length)}`
  const texts = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? post(`/${i}`, i * 1_000) : get(`/${i}`)))
  const all = `${texts.join('')}GET /last HTTP/1.1\r\nconnection: close\r\nhost: x\r\n\r\n`
  for (let at = 0; at < all.length; at += 77_777) connection.send(all.slice(at, at + 77_777))
  const answers = (await connection.receiveAll()).match(/<[^>]*>/g)
  expect(answers).toEqual([...texts.map((_, i) => `</${i} ${i % 3 === 0 ? i * 1_000 : 0}>`), '</last 0>'])
})

test('E6, I12: pipelined requests that wait are held up to a limit; the connection that sends more is closed', async () => {
  const release = Promise.withResolvers<void>()
  const server = await start((_request, response) => void release.promise.then(() => response.end('ok')), {
    maxWaitingRequests: 100,
  })
  const greedy = await openRawConnection(server.port)
  greedy.send(get('/').repeat(200))
  expect(await greedy.receiveAll()).toBe('')
  const modest = await openRawConnection(server.port)
  modest.send(get('/').repeat(20) + get('/').replace('host', 'connection: close\r\nhost'))
  release.resolve()
  expect((await modest.receiveAll()).match(/HTTP\/1.1 200/g)).toHaveLength(21)
})

test('I14: stopping answers the request under way and ends the connection before those that wait for it', async () => {
  const arrived = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const begun: string[] = []
  const server = await start((request, response) => {
    begun.push(request.url ?? '')
    arrived.resolve()
    void release.promise.then(() => response.end('done'))
  })
  const connection = await openRawConnection(server.port)
  connection.send(get('/first') + get('/second'))
  await arrived.promise
  const stopped = server.stop(60_000)
  release.resolve()
  expect(await connection.receiveAll()).toMatch(/done$/)
  await stopped
  expect(begun).toEqual(['/first'])
})
