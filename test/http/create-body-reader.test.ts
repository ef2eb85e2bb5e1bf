import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished, expect, test } from 'vitest'
import { ApiError } from '../../src/http/api-error.ts'
import { createBodyReader } from '../../src/http/create-body-reader.ts'
import { startHttpServer } from '../../src/http/start-http-server.ts'

const LIMIT = 100_000

async function start(maxArrivingBytes: number) {
  const readBody = createBodyReader(maxArrivingBytes)
  const arrived: string[] = []
  const server = await startHttpServer({
    app: (request, response) => {
      arrived.push(request.url ?? '')
      readBody(request, LIMIT).then(
        (body) => response.end(`${body.length}`),
        (error: unknown) => {
          response.statusCode = error instanceof ApiError ? error.status : 500
          response.end()
        },
      )
    },
    host: '127.0.0.1',
    port: 0,
  })
  onTestFinished(() => void server.stop(0))
  return { ...server, arrived }
}

/** Sends a body of so many bytes but for the last, and keeps what is answered. */
async function sendAllButOne(port: number, path: string, bytes: number) {
  const socket: Socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${bytes}\r\n\r\n`)
  socket.write('x'.repeat(bytes - 1))
  return { finish: () => void socket.write('x'), answer: () => answer }
}

test('E14, I12: bodies on their way share a budget; past it those that began first are given up, and fresh ones are read', async () => {
  const server = await start(5 * LIMIT)
  const held = []
  for (let i = 0; i < 8; i++) {
    held.push(await sendAllButOne(server.port, `/${i}`, LIMIT))
    await expect.poll(() => server.arrived.length, { timeout: 60_000 }).toBe(i + 1)
  }
  // Eight of 100,000 bytes, and what each piece takes, in room for five: the first four at least are answered 503.
  for (const each of held.slice(0, 3))
    await expect.poll(() => each.answer(), { timeout: 60_000 }).toMatch(/^HTTP\/1.1 503 /)
  const fresh = await fetch(`${server.url}/fresh`, { method: 'POST', body: 'x'.repeat(LIMIT) })
  expect([fresh.status, await fresh.text()]).toEqual([200, `${LIMIT}`])
  const last = held.at(-1)
  last?.finish()
  await expect.poll(() => last?.answer(), { timeout: 60_000 }).toMatch(new RegExp(`\r\n\r\n${LIMIT}$`))
})

test('E14: a body that is given up, refused or aborted no longer counts', async () => {
  const server = await start(4 * LIMIT)
  const body = 'x'.repeat(LIMIT)
  const refused = 'x'.repeat(3 * LIMIT)
  for (let i = 0; i < 20; i++) {
    // Chunked, so that only what arrives shows how long it is.
    const stream = new Blob([refused]).stream()
    const init = { method: 'POST', body: stream, duplex: 'half' } as RequestInit
    await fetch(server.url, init).then(
      (response) => expect(response.status).toBe(413),
      () => {},
    )
    const aborted = await sendAllButOne(server.port, '/aborted', LIMIT)
    const response = await fetch(server.url, { method: 'POST', body })
    expect(response.status).toBe(200)
    aborted.finish()
    await expect.poll(() => aborted.answer(), { timeout: 60_000 }).toMatch(/^HTTP\/1.1 200 /)
  }
})

test('E14, I12: a body that comes byte by byte counts for what it takes, not for what it says', async () => {
  const readBody = createBodyReader(50_000)
  const server = await startHttpServer({
    app: (request, response) =>
      void readBody(request, LIMIT).then(
        () => response.end(),
        (error: unknown) => {
          response.statusCode = (error as ApiError).status
          response.end()
        },
      ),
    host: '127.0.0.1',
    port: 0,
  })
  onTestFinished(() => void server.stop(0))
  const socket = connect(server.port, '127.0.0.1').setNoDelay(true)
  onTestFinished(() => void socket.destroy())
  const answered = once(socket, 'data') as Promise<[Buffer]>
  await once(socket, 'connect')
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
  // Each chunk of the encoding is a piece of its own, however the network cuts them.
  for (let i = 0; i < 400; i++) socket.write('1\r\nx\r\n')
  expect((await answered)[0].toString()).toMatch(/^HTTP\/1.1 503 /)
})
