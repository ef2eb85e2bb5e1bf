import { afterAll, beforeAll, expect, test } from 'vitest'
import { WORKSPACE_ID } from '../../support/sample-event.ts'
import { type QueryServer, startQueryServer } from './query-server.ts'

let server: QueryServer
beforeAll(async () => {
  server = await startQueryServer()
})
afterAll(() => server.stop())

let nextSecond = 0

/** An event's text with these extra members, in a second of its own. */
function eventText(extra: string, fraction = '.5'): { text: string; between: string[]; id: string } {
  const id = crypto.randomUUID()
  const second = String(nextSecond++).padStart(2, '0')
  const text = `{ "zzz":1,"event_id":"${id}","created_at":"2026-01-01T00:00:${second}${fraction}Z",
    "event_type":"lock.unlocked","workspace_id":"${WORKSPACE_ID}",${extra} }`
  const start = `2026-01-01T00:00:${second}`
  return { text, between: [start, `${start}.999999`], id }
}

test.each([
  ['white space, and keys in an odd order', '"b":1,"a":2,"B":3', undefined],
  ['a key that comes twice', '"a":1,"a":2', undefined],
  ['numbers that JavaScript would rewrite', '"a":1.0,"b":1e2,"c":-0,"d":0.10', undefined],
  ['integers beyond 2^53, and numbers beyond a double', '"a":9007199254740993,"b":1e999', undefined],
  ['the NUL escape, which Postgres has no text for', '"a":"x\\u0000y"', undefined],
  ['a lone surrogate, and escapes that need not be', '"a":"\\ud800","b":"\\u0041\\/"', undefined],
  ['text outside of ASCII', '"a":"Zürich 東京 🔑"', undefined],
  ['unknown fields of any shape', '"future":{"deep":[null,{"x":[]}]},"__proto__":{"y":1}', undefined],
  ['a fraction of nine digits', '"a":1', '.123456789'],
  ['a fraction of no digits that matter', '"a":1', '.500000000'],
])('I7: %s come back as they were received, byte for byte', async (_title, extra, fraction) => {
  const { text, between, id } = eventText(extra, fraction)
  await server.store([text])
  const list = await server.post('/events/list', { between })
  expect(await list.text()).toBe(listBody(text))
  expect(Number(list.headers.get('content-length'))).toBe(Buffer.byteLength(listBody(text)))
  const get = await server.get(`/events/get?event_id=${id}&_strict=true`)
  expect(await get.text()).toBe(`{"event":${text},"ok":true}`)
})

test('I7: Several events stand side by side as they were, and none is an empty list', async () => {
  const texts = [eventText('"a":1.0'), eventText('"a":2.0')]
  await server.store(texts.map(({ text }) => text))
  const between = [texts[0]?.between[0], texts[1]?.between[1]]
  const list = await server.post('/events/list', { between })
  expect(await list.text()).toBe(listBody(`${texts[1]?.text},${texts[0]?.text}`))
  const none = await server.post('/events/list', { since: '2030-01-01' })
  expect(await none.text()).toBe(listBody(''))
})

/** An answer of `/events/list` that has no next page. */
function listBody(events: string): string {
  return `{"events":[${events}],"pagination":{"has_next_page":false,"next_page_cursor":null,"next_page_url":null},"ok":true}`
}
