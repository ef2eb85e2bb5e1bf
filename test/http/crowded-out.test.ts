import { once } from 'node:events'
import type { RequestListener } from 'node:http'
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

const answerOk: RequestListener = (_request, response) => void response.end('ok')

/** Opens a connection from an address of this machine's own, and sends this. */
async function open(port: number, localAddress: string, text = ''): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {})
  await once(socket, 'connect')
  if (text !== '') socket.write(text)
  return socket
}

async function openMany(count: number, port: number, localAddress: string, text = ''): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let i = 0; i < count; i++) sockets.push(await open(port, localAddress, text))
  return sockets
}

test('E14, I12: while one address holds all connections idle, the others and the address itself are served', async () => {
  const server = await start(answerOk, { maxConnections: 50 })
  const one = await openMany(50, server.port, '127.0.0.2')
  const ask = async (address: string) => {
    const socket = await open(server.port, address, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString().slice(0, 12)
  }
  for (const address of ['127.0.0.3', '127.0.0.2', '127.0.0.4'])
    expect(await ask(address)).toBe('HTTP/1.1 200')
  // It was the oldest that had to go, and no more than needed.
  await expect.poll(() => one.filter((socket) => socket.destroyed).length, { timeout: 60_000 }).toBe(3)
  expect(one.slice(0, 3).every((socket) => socket.destroyed)).toBe(true)
})

test('E14, I12: the address with the most connections makes room, not the one whose connection is the oldest', async () => {
  const server = await start(answerOk, { maxConnections: 20 })
  const modest = await openMany(2, server.port, '127.0.0.3')
  const greedy = await openMany(18, server.port, '127.0.0.2')
  await openMany(5, server.port, '127.0.0.4')
  await expect.poll(() => greedy.filter((socket) => socket.destroyed).length, { timeout: 60_000 }).toBe(5)
  expect(modest.some((socket) => socket.destroyed)).toBe(false)
})

test('E14, I12: requests that are being answered keep their connections; those with half a body make room', async () => {
  let begun = 0
  const server = await start(
    (request) => {
      begun += 1
      request.resume()
    },
    { maxConnections: 10 },
  )
  const working = await openMany(5, server.port, '127.0.0.2', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await expect.poll(() => begun, { timeout: 60_000 }).toBe(5)
  const head = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf'
  const unfinished = await openMany(5, server.port, '127.0.0.2', head)
  await expect.poll(() => begun, { timeout: 60_000 }).toBe(10)
  await openMany(3, server.port, '127.0.0.3')
  await expect.poll(() => unfinished.filter((socket) => socket.destroyed).length, { timeout: 60_000 }).toBe(3)
  expect(working.some((socket) => socket.destroyed)).toBe(false)
})

test('I12: where every connection is at work, a further one is closed at once', async () => {
  let begun = 0
  const server = await start(() => void (begun += 1), { maxConnections: 1 })
  const first = await open(server.port, '127.0.0.2', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await expect.poll(() => begun, { timeout: 60_000 }).toBe(1)
  const second = await openRawConnection(server.port)
  expect(await second.receiveAll()).toBe('')
  expect(first.destroyed).toBe(false)
})
