import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { queryTest } from '../support/query-test.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { deliver, signDelivery } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, startTestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

/* Clients that hold on to what they have. */

const { database, db } = await databaseOfThisFile()

async function startMirror() {
  const app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
  onTestFinished(() => app.stop())
  return app
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Connections of the service that are in the middle of a statement or a transaction. */
const busyConnections = () =>
  queryTest(
    db,
    `select query from pg_stat_activity
     where datname = current_database() and application_name = 'seam-mirror' and state <> 'idle' and pid <> pg_backend_pid()`,
  )

test('I12: clients that ask for long answers and do not read them hold neither database connections nor others up', async () => {
  const app = await startMirror()
  // Fifty answers of some 500 x 4 KB: more than sockets take.
  const events = Array.from({ length: 500 }, () => sampleEvent({ padding: 'x'.repeat(4_000) }))
  for (const part of [0, 100, 200, 300, 400])
    await Promise.all(events.slice(part, part + 100).map((event) => deliver(app.url, event)))

  const readers = await Promise.all(Array.from({ length: 50 }, () => open(app.port)))
  for (const reader of readers) {
    reader.write(
      `GET /events/list?since=2020-01-01T00:00:00Z HTTP/1.1\r\nhost: mirror\r\nauthorization: Bearer ${MIRROR_API_KEY}\r\n\r\n`,
    )
  }
  // Each has the beginning of its answer, and reads no further.
  await Promise.all(readers.map((reader) => once(reader, 'readable')))
  await expect.poll(busyConnections).toEqual([])

  expect((await deliver(app.url, sampleEvent())).status).toBe(204)
  const headers = { authorization: `Bearer ${MIRROR_API_KEY}` }
  const list = await fetch(`${app.url}/events/list?since=2020-01-01T00:00:00Z&limit=10`, { headers })
  expect(((await list.json()) as { events: unknown[] }).events).toHaveLength(10)
  // The fold works on its own schedule.
  await expect.poll(busyConnections).toEqual([])
})

test('I12: senders that stop in the middle of a body hold nobody up, and are not taken for a delivery', async () => {
  const app = await startMirror()
  const event = sampleEvent()
  const body = JSON.stringify(event)
  const head = Object.entries({
    ...signDelivery(body),
    'content-length': String(body.length),
    host: 'mirror',
  })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  const senders = await Promise.all(Array.from({ length: 300 }, () => open(app.port)))
  for (const sender of senders)
    sender.write(`POST /webhooks/seam HTTP/1.1\r\n${head}\r\n${body.slice(0, -5)}`)

  const other = sampleEvent()
  expect((await deliver(app.url, other)).status).toBe(204)
  const stored = (id: string) => queryTest(db, 'select from events where event_id = $1', [id])
  expect(await stored(other.event_id)).toHaveLength(1)
  expect(await stored(event.event_id)).toHaveLength(0)
  // One of them goes on, and is served like anybody else.
  const [sender] = senders
  const answer = once(sender as Socket, 'data')
  sender?.write(body.slice(-5))
  expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 204 /)
  expect(await stored(event.event_id)).toHaveLength(1)
  for (const each of senders) each.destroy()
  expect((await fetch(`${app.url}/livez`)).status).toBe(200)
})
