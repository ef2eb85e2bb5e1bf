import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EVENT_FIELDS } from '../../../src/domain/event-fields.ts'
import { errorOf } from '../../http/serve.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { readNdjson } from './export-lines.ts'
import { listedIds, type QueryServer, startQueryServer } from './query-server.ts'

let server: QueryServer
beforeAll(async () => {
  server = await startQueryServer()
})
afterAll(() => server.stop())
beforeEach(() => sql`truncate events, coverage`.execute(server.db))

const EXPORT = '/v1/events/export'

async function exported(query: string): Promise<ReturnType<typeof readNdjson> & { response: Response }> {
  const response = await server.get(`${EXPORT}?${query}`)
  const text = await response.text()
  expect({ status: response.status, text: response.status === 200 ? '' : text }).toEqual({
    status: 200,
    text: '',
  })
  return { response, ...readNdjson(text) }
}

async function cover(from: string, to: string): Promise<void> {
  await sql`insert into coverage (workspace_id, ranges) values (${WORKSPACE_ID}, tstzmultirange(tstzrange(${from}, ${to})))
    on conflict (workspace_id) do update set ranges = excluded.ranges`.execute(server.db)
}

const at = (i: number): string => new Date(Date.UTC(2026, 5, 1) + i * 1000).toISOString()

test('NDJSON holds every event of the list as the text that came in, newest first, one a line, and then says that it is whole', async () => {
  const events = Array.from({ length: 1_300 }, (_, i) => sampleEvent({ created_at: at(i), n: i }))
  await server.store(events)
  await cover('2026-05-01', '2026-07-01')
  const { lines, mark, response } = await exported('since=2026-01-01')
  expect(lines).toEqual(events.toReversed().map((event) => JSON.stringify(event)))
  expect(mark).toEqual({
    complete: true,
    cursor: expect.stringMatching(/^[\w-]{44}$/),
    completeness: {
      from: '2026-05-01T00:00:00.000000Z',
      until: '2026-07-01T00:00:00.000000Z',
      is_complete: false,
    },
  })
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/x-ndjson; charset=utf-8',
    'content-disposition': 'attachment; filename="events.ndjson"',
    'seam-mirror-complete': 'false',
    'seam-mirror-complete-from': '2026-05-01T00:00:00.000000Z',
    'seam-mirror-complete-until': '2026-07-01T00:00:00.000000Z',
  })
  const within = await exported('between=2026-05-02,2026-06-30')
  expect(within.mark.completeness.is_complete).toBe(true)
  expect(within.response.headers.get('seam-mirror-complete')).toBe('true')
})

test('An export of nothing says that there is nothing', async () => {
  await cover('2026-05-01', '2026-07-01')
  const { lines, mark } = await exported('between=2026-05-02,2026-06-30')
  expect([lines, mark.completeness.is_complete]).toEqual([[], true])
})

test('I7: line breaks between the members of an event become blanks, and nothing else changes', async () => {
  const id = randomUUID()
  const text = `{\r\n  "event_id": "${id}",\n "event_type":"a.b", "workspace_id":"${WORKSPACE_ID}",\t"created_at":"2026-06-15T00:00:00.10Z","t":"a\\nb 🔑","n":1.0}`
  await server.store([text])
  expect((await exported('since=2026-01-01')).lines).toEqual([text.replaceAll(/[\r\n]/g, ' ')])
})

describe('every filter of the list', () => {
  const parameters = EVENT_FIELDS.flatMap(({ from: [, ...more], from: [only = ''], one, many }) => {
    const field = more.at(-1) ?? only
    return [one, ...(many === undefined ? [] : [many.parameter])].map((parameter): [string, string] => [
      field,
      parameter,
    ])
  })
  test.each(parameters)('%s by %s', async (field, parameter) => {
    const [wanted, other] = [randomUUID(), randomUUID()]
    const value = (id: string) => (field.endsWith('_ids') ? [id] : id)
    await server.store([wanted, other, wanted].map((id) => sampleEvent({ [field]: value(id) })))
    const query = `since=2026-01-01&${parameter}=${wanted}`
    const { ids } = await exported(query)
    expect(ids.length).toBe(2)
    expect(ids).toEqual(await listedIds(await server.get(`/events/list?${query}`)))
  })

  test('types, ids and two filters together', async () => {
    const events = Array.from({ length: 40 }, (_, i) =>
      sampleEvent({
        event_type: i % 2 ? 'a.b' : 'c.d',
        device_id: `00000000-0000-4000-8000-00000000000${i % 5}`,
      }),
    )
    await server.store(events)
    for (const query of [
      'since=2026-01-01&event_type=a.b',
      'since=2026-01-01&event_types=a.b,c.d',
      'since=2026-01-01&event_type=a.b&device_id=00000000-0000-4000-8000-000000000003',
      `since=2026-01-01&event_ids=${events[3]?.event_id},${events[7]?.event_id}`,
      'between=2026-06-15T16:54:17.946308Z,2026-06-15T16:54:17.946310Z',
    ])
      expect((await exported(query)).ids).toEqual(await listedIds(await server.get(`/events/list?${query}`)))
  })
})

test('POST takes the same as JSON', async () => {
  await server.store([sampleEvent()])
  const response = await server.post(EXPORT, { since: '2026-01-01', format: 'ndjson' })
  expect(readNdjson(await response.text()).ids.length).toBe(1)
})

test.each([
  ['', /Must specify either since or between/, null],
  ['since=2026-01-01&between=2026-01-01,2026-01-02', /Cannot specify both/, null],
  ['since=nonsense', /for "since"/, 'since'],
  ['since=2026-01-01&format=xlsx', /Expected 'ndjson' \| 'csv' for "format"/, 'format'],
  ['since=2026-01-01&format=csv&time_zone=Mars/Base', /IANA time zone .* for "time_zone"/, 'time_zone'],
  ['since=2026-01-01&gzip=perhaps', /for "gzip"/, 'gzip'],
  ['since=2026-01-01&device_id=5', /for "device_id"/, 'device_id'],
  ['since=2026-01-01&resume=abc', /for "resume"/, 'resume'],
  [
    'since=2026-01-01&after_event_id=00000000-0000-4000-8000-000000000000',
    /after_event_id needs resume/,
    null,
  ],
  ['since=2026-01-01&limit=4', /Unknown parameters: limit/, null],
])('Bad input is refused before anything is sent: %s', async (query, message, parameter) => {
  const response = await server.get(`${EXPORT}?${query}`)
  const error = await errorOf(response)
  expect([response.status, error.type, error.message]).toEqual([
    400,
    'invalid_input',
    expect.stringMatching(message),
  ])
  expect(Object.keys(error.validation_errors ?? {})).toEqual([
    '_errors',
    ...(parameter === null ? [] : [parameter]),
  ])
})

describe('a download that was cut', () => {
  const events = Array.from({ length: 900 }, (_, i) => sampleEvent({ created_at: at(i % 50), n: i }))

  test('I8: goes on after its last whole line; the parts together are the whole, with the claim of the first part', async () => {
    await server.store(events)
    await cover('2026-05-01', '2026-06-01T00:00:30Z')
    const whole = await exported('since=2026-05-02')
    const resume = whole.response.headers.get('seam-mirror-export') ?? ''
    for (const length of [1, 499, 500, 501, 899]) {
      // What arrives between two parts may belong into the first one: the first one's cursor brings it.
      await server.store([
        sampleEvent({ created_at: at(49) }),
        sampleEvent({ created_at: '2026-06-20T00:00:00Z' }),
      ])
      await cover('2026-05-01', '2026-06-30')
      const rest = await exported(`since=2026-05-02&resume=${resume}&after_event_id=${whole.ids[length - 1]}`)
      expect(rest.lines.filter((line) => whole.lines.includes(line))).toEqual(whole.lines.slice(length))
      expect(rest.mark).toEqual(whole.mark)
    }
  })

  test('has no second header in CSV', async () => {
    await server.store(events.slice(0, 3))
    const whole = await server.get(`${EXPORT}?since=2026-01-01&format=csv&bom=true`)
    const resume = whole.headers.get('seam-mirror-export')
    const [, first = '', ...lines] = (await whole.text()).split('\r\n')
    const rest = await server.get(
      `${EXPORT}?since=2026-01-01&format=csv&bom=true&resume=${resume}&after_event_id=${first.slice(0, 36)}`,
    )
    expect(await rest.text()).toBe(lines.join('\r\n'))
  })

  test('belongs to its query, and its event to what the query finds', async () => {
    await server.store(events.slice(0, 3))
    const { response } = await exported('since=2026-05-02&event_type=lock.unlocked')
    const resume = response.headers.get('seam-mirror-export')
    const elsewhere = await server.get(`${EXPORT}?since=2026-05-02&resume=${resume}`)
    expect([elsewhere.status, (await errorOf(elsewhere)).message]).toEqual([
      400,
      'The cursor belongs to another query for "resume"',
    ])
    const unknown = await server.get(
      `${EXPORT}?since=2026-05-02&event_type=lock.unlocked&resume=${resume}&after_event_id=${randomUUID()}`,
    )
    expect([unknown.status, (await errorOf(unknown)).message]).toEqual([
      400,
      'There is no such event in this export for "after_event_id"',
    ])
  })
})
