import { randomUUID } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { MIRROR_API_KEY, startTestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database } = await databaseOfThisFile()

/** An upstream that sends exactly these texts, newest first, whatever is between them. */
async function startExactUpstream(workspaceId: string, texts: readonly { at: number; text: string }[]) {
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://exact')
    response.setHeader('content-type', 'application/json')
    if (url.pathname === '/workspaces/get') {
      response.end(JSON.stringify({ workspace: { workspace_id: workspaceId, name: 'Exact' }, ok: true }))
      return
    }
    const between = url.searchParams.getAll('between')
    const lists = between.length === 2 ? between : (url.searchParams.get('between')?.split(',') ?? [])
    const lower = Date.parse(url.searchParams.get('since') ?? lists[0] ?? '')
    const upper = lists[1] === undefined ? Number.POSITIVE_INFINITY : Date.parse(lists[1])
    const page = texts.filter(({ at }) => at > lower && at < upper).map(({ text }) => text)
    // Spaces and line ends between the items are no part of them.
    response.end(`{ "ok" : true ,\n  "events" : [ ${page.join(' ,\r\n\t')} ] }`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** One event a line, for a readable difference. */
const lines = (text: string): string[] => text.split(/(?<=\}),(?=\{ ?"(?:event_id|10)")/)

test('I7: events that were pulled are served byte for byte as Seam sent them', async () => {
  const workspaceId = randomUUID()
  const now = Date.now()
  const oddities: ((head: string, at: string) => string)[] = [
    (head, at) =>
      `{${head},"created_at":"${at}","temperature_celsius":21.50,"battery_level":1.0,"big":1e2,"tiny":-0.0}`,
    (head, at) =>
      `{${head},"created_at":"${at}","serial":9007199254740993123,"ratio":0.1000000000000000055511151231257827}`,
    (head, at) =>
      `{${head},"created_at":"${at}","a_field_of_2099":{"nested":[[],{},null,"x"]},"thermostat_schedule_id":null}`,
    (head, at) => `{"10":"ten","9":"nine","2":{"b":1,"a":2},${head},"created_at":"${at}","1":"one"}`,
    (head, at) =>
      `{${head},"created_at":"${at.replace('Z', '456789Z')}","occurred_at":"${at.replace('Z', '4567+02:00')}"}`,
    (head, at) => `{ ${head} , "created_at" : "${at}" ,\n\t"spaced" : [ 1 , 2 ] }`,
    (head, at) => `{${head},"created_at":"${at}","text":"\\u0000 \\ud83d\\ude00 \\/ 😀 \\" ] } , é \\ud800"}`,
    (head, at) => `{${head},"created_at":"${at}","twice":1,"twice":2,"__proto__":{"x":1},"constructor":null}`,
    (head, at) =>
      `{${head},"created_at":"${at}","event_type":"lock.exploded_in_2099","events":[{"events":[]}]}`,
    (head, at) => `{${head},"created_at":"${at}","deep":${'['.repeat(200)}${']'.repeat(200)}}`,
  ]
  const texts = oddities.map((write, i) => {
    const at = now - 60_000 - i * 1000
    const head = `"event_id":"${randomUUID()}","workspace_id":"${workspaceId}","event_type":"device.connected"`
    return { at, text: write(head, new Date(at).toISOString()) }
  })
  const app = await startTestApp(database.url, {
    SEAM_ENDPOINT: await startExactUpstream(workspaceId, texts),
    SEAM_MIRROR_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
    SEAM_API_KEY: 'seam_exact1_abcdefghijkmnopqrstuvwxyz',
  })
  onTestFinished(() => app.stop())
  await app.pollers[0]?.pollNow()

  const response = await fetch(`${app.url}/events/list?since=${new Date(now - 3_600_000).toISOString()}`, {
    headers: { authorization: `Bearer ${MIRROR_API_KEY}` },
  })
  const served = await response.text()
  const expected = `{"events":[${texts.map(({ text }) => text).join(',')}]`
  // What follows the events is not Seam's.
  expect(lines(served.slice(0, expected.length))).toEqual(lines(expected))
})
