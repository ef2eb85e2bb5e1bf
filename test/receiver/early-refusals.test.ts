import { randomUUID } from 'node:crypto'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { openRawConnection } from '../http/raw-connection.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { deliver, signDelivery } from '../support/sign-delivery.ts'
import { startTestApp } from '../support/start-test-app.ts'
import { createTestDatabase, databaseOfThisFile } from '../support/test-database.ts'

const { database } = await databaseOfThisFile()
const app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
afterAll(() => app.stop())

const body = JSON.stringify(sampleEvent())
const good = () => signDelivery(body)
const signedAt = (secondsAgo: number) =>
  signDelivery(body, { signedAt: new Date(Date.now() - secondsAgo * 1_000) })

const cases: [string, number, () => Record<string, string>][] = [
  ['none at all', 400, () => ({})],
  ['no id', 400, () => ({ ...good(), 'svix-id': '' })],
  ['no signature', 400, () => ({ ...good(), 'svix-signature': '' })],
  ['no timestamp', 400, () => ({ ...good(), 'svix-timestamp': '' })],
  ['a timestamp that is no number', 400, () => ({ ...good(), 'svix-timestamp': 'soon' })],
  ['a timestamp six minutes old', 400, () => signedAt(360)],
  ['a timestamp six minutes ahead', 400, () => signedAt(-360)],
  ['a signature that is too short', 400, () => ({ ...good(), 'svix-signature': 'v1,AAAA' })],
  ['a signature of another scheme', 400, () => ({ ...good(), 'svix-signature': `v2,${'A'.repeat(43)}=` })],
]

/** The status that headers alone are answered with, no byte of the body having been sent. */
async function answerToHeaders(headers: Record<string, string>, path = '/webhooks/seam'): Promise<number> {
  const connection = await openRawConnection(app.port)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  connection.send(
    `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n${lines.join('')}\r\n`,
  )
  const answer = await connection.receive('\r\n\r\n')
  connection.socket.destroy()
  return Number(answer.split(' ')[1])
}

test.each(cases)(
  'E14: a delivery whose headers no secret can have made is refused before its body is there: %s',
  async (_title, status, headers) => {
    expect(await answerToHeaders(headers())).toBe(status)
  },
)

test('E14: so is one to a workspace that nothing is received for', async () => {
  expect(await answerToHeaders(good(), `/webhooks/seam/${randomUUID()}`)).toBe(404)
})

test('E14: the rest of such a body is thrown away, and the connection takes the next delivery', async () => {
  const connection = await openRawConnection(app.port)
  const length = 200_000
  connection.send(`POST /webhooks/seam HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`)
  await connection.receive('HTTP/1.1 400')
  connection.send('x'.repeat(length))
  const lines = Object.entries(good()).map(([name, value]) => `${name}: ${value}\r\n`)
  connection.send(
    `POST /webhooks/seam HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n${lines.join('')}\r\n${body}`,
  )
  await connection.receive('HTTP/1.1 204')
  connection.socket.destroy()
  expect((await deliver(app.url, sampleEvent())).status).toBe(204)
})

test('I10: a path that is no workspace id is none also where the workspace is not known yet', async () => {
  const empty = await createTestDatabase()
  const fresh = await startTestApp(empty.url)
  onTestFinished(async () => {
    await fresh.stop()
    await empty.drop()
  })
  const response = await deliver(fresh.url, sampleEvent(), { path: '/webhooks/seam/not-a-uuid' })
  expect(response.status).toBe(404)
  expect(fresh.workspaces.all().map(({ id }) => id)).not.toContain('not-a-uuid')
})
