import { afterAll, expect, test } from 'vitest'
import { openRawConnection } from '../http/raw-connection.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { signDelivery } from '../support/sign-delivery.ts'
import { startTestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database } = await databaseOfThisFile()
const app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
afterAll(() => app.stop())

test.each([
  ['http://mirror.example/webhooks/seam', 204],
  ['HTTPS://mirror.example:8443/webhooks/seam', 204],
  [`http://mirror.example/webhooks/seam/${WORKSPACE_ID}?a=b`, 204],
  ['/webhooks/seam', 204],
  // Two slashes begin another path, here as in /events/list.
  ['//webhooks/seam', 404],
  ['http://mirror.example', 405],
  ['ftp://mirror.example/webhooks/seam', 404],
])('F14: a delivery to the target %s is answered %i', async (target, status) => {
  const body = JSON.stringify(sampleEvent())
  const headers = Object.entries(signDelivery(body)).map(([name, value]) => `${name}: ${value}`)
  const connection = await openRawConnection(app.port)
  connection.send(
    [
      `POST ${target} HTTP/1.1`,
      'host: mirror.example',
      'connection: close',
      `content-length: ${Buffer.byteLength(body)}`,
      ...headers,
      '',
      body,
    ].join('\r\n'),
  )
  expect(await connection.receiveAll()).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
})
