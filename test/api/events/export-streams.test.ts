import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { sql } from 'kysely'
import { exportEventsRoute } from '../../../src/api/events/export-events-route.ts'
import type { Caller } from '../../../src/domain/caller.ts'
import { createPageCursors } from '../../../src/http/page-cursor.ts'
import { ingestBatch } from '../../../src/ingest/ingest-batch.ts'
import { parseEvent } from '../../../src/domain/event.ts'
import { sealingSecrets } from '../../../src/secrets/sealing-secrets.ts'
import type { Db } from '../../../src/store/database.ts'
import { errorOf, serve, type Served } from '../../http/serve.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'
import { testAccess } from '../../support/test-access.ts'
import { readCsv, readNdjson } from './export-lines.ts'

const { db } = await databaseOfThisFile()
const secrets = sealingSecrets([Buffer.alloc(32, 1)])
const READER: Caller = { kind: 'key', keyId: 'k', workspaceId: WORKSPACE_ID, scopes: ['events:read'] }
const AUDITOR: Caller = { ...READER, scopes: ['events:read', 'secrets:read'] }

beforeEach(() => sql`truncate events, coverage, names`.execute(db))

interface Rig extends Served {
  get: (query: string, headers?: Record<string, string>) => Promise<Response>
  /** Without unpacking anything, and without asking for gzip unless the headers do. */
  raw: (query: string, headers?: Record<string, string>) => Promise<IncomingMessage>
  stopping: AbortController
}

async function serveExport(caller: Caller = READER, on: Db = db): Promise<Rig> {
  const stopping = new AbortController()
  const route = exportEventsRoute({
    db: on,
    secrets,
    pageCursors: createPageCursors(Buffer.alloc(32)),
    timeZone: 'Europe/Berlin',
    sleep: async () => {},
  })
  const server = await serve([route], {
    access: testAccess({ authenticate: () => caller, stopping: stopping.signal }),
  })
  onTestFinished(async () => void (await server.stop(0)))
  const urlOf = (query: string) => `${server.url}/v1/events/export?since=2026-01-01&${query}`
  return {
    ...server,
    stopping,
    get: (query, headers = {}) => fetch(urlOf(query), { headers }),
    raw: async (query, headers = {}) => {
      const asking = httpRequest(urlOf(query), { headers, agent: false }).end()
      return ((await once(asking, 'response')) as [IncomingMessage])[0]
    },
  }
}

async function store(events: readonly object[]): Promise<void> {
  for (let i = 0; i < events.length; i += 500) {
    const items = events.slice(i, i + 500).map((event) => parseEvent(JSON.stringify(event), WORKSPACE_ID))
    expect(await ingestBatch(db, items, 'webhook', secrets)).toMatchObject({ quarantined: 0 })
  }
}

const bodyOf = async (response: IncomingMessage) =>
  Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>))

describe('gzip', () => {
  const events = Array.from({ length: 800 }, (_, i) => sampleEvent({ n: i }))

  test('C2: on request, by the header or by the parameter', async () => {
    await store(events)
    const server = await serveExport()
    const { lines } = readNdjson((await bodyOf(await server.raw(''))).toString())
    expect(lines.length).toBe(800)
    for (const [query, headers, encoding] of [
      ['', { 'accept-encoding': 'gzip' }, 'gzip'],
      ['gzip=true', {}, 'gzip'],
      ['gzip=false', { 'accept-encoding': 'gzip' }, undefined],
      ['', {}, undefined],
    ] as const) {
      const response = await server.raw(query, headers)
      const body = await bodyOf(response)
      expect([query, response.headers['content-encoding']]).toEqual([query, encoding])
      const plain = encoding === 'gzip' ? gunzipSync(body) : body
      expect(readNdjson(plain.toString()).lines).toEqual(lines)
    }
  })

  test('I9: never where secrets may show, whoever asks for it; and the secrets show there only', async () => {
    await store([sampleEvent({ event_type: 'access_code.created', code: '8642' })])
    const auditor = await serveExport(AUDITOR)
    for (const query of ['', 'gzip=true', 'format=csv&gzip=true']) {
      const response = await auditor.raw(query, { 'accept-encoding': 'gzip' })
      expect(response.headers['content-encoding']).toBe(undefined)
      expect((await bodyOf(response)).toString()).toContain('8642')
    }
    const reader = await serveExport()
    expect(await (await reader.get('')).text()).not.toContain('8642')
    expect(await (await reader.get('format=csv')).text()).not.toContain('8642')
  })
})

describe('CSV', () => {
  test('has one column an id and its name, local times of a named zone, and the event last; it ends with the mark', async () => {
    const event = sampleEvent({
      created_at: '2026-06-15T16:54:17.946309Z',
      occurred_at: '2026-12-31T23:30:00Z',
      acs_entrance_ids: ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000B'],
      customer_key: '=1+1',
    })
    await store([event])
    await sql`insert into names (workspace_id, kind, id, name, folded, as_of) values
      (${WORKSPACE_ID}, 'device', ${event.device_id}, '@Room "204"', '', now()),
      (${WORKSPACE_ID}, 'acs_entrance', '00000000-0000-4000-8000-00000000000b', 'Lobby', '', now())`.execute(
      db,
    )
    const server = await serveExport()
    const response = await server.get('format=csv')
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="events.csv"')
    const [header = [], row = [], end = [], ...more] = readCsv(await response.text())
    expect(more).toEqual([])
    const cells = Object.fromEntries(header.map((name, i) => [name, row[i]]))
    expect(header.slice(0, 8)).toEqual([
      'event_id',
      'event_type',
      'created_at',
      'created_at (Europe/Berlin)',
      'occurred_at',
      'occurred_at (Europe/Berlin)',
      'device_id',
      'device_name',
    ])
    expect(header.at(-1)).toBe('event')
    expect(cells).toMatchObject({
      event_id: event.event_id,
      created_at: '2026-06-15T16:54:17.946309Z',
      'created_at (Europe/Berlin)': '2026-06-15 18:54:17',
      'occurred_at (Europe/Berlin)': '2027-01-01 00:30:00',
      device_id: event.device_id,
      device_name: `'@Room "204"`,
      connected_account_name: '',
      acs_entrance_ids: '00000000-0000-4000-8000-00000000000a; 00000000-0000-4000-8000-00000000000B',
      acs_entrance_names: 'Lobby',
      customer_key: "'=1+1",
      event: JSON.stringify(event),
    })
    expect([end.length, end[0]]).toEqual([header.length, '_export'])
    expect(JSON.parse(end.at(-1) ?? '')).toMatchObject({ complete: true, cursor: expect.any(String) })
    const elsewhere = await (await server.get('format=csv&time_zone=America/New_York')).text()
    expect(elsewhere).toContain('created_at (America/New_York)')
    expect(elsewhere).toContain(',2026-06-15 12:54:17,')
  })

  test('begins with a byte order mark only on request', async () => {
    const server = await serveExport()
    const first = async (query: string) => (await bodyOf(await server.raw(query))).toString().codePointAt(0)
    expect(await first('format=csv&bom=true')).toBe(0xfeff)
    expect(await first('format=csv')).toBe('e'.codePointAt(0))
  })
})

test('HEAD is answered without a body', async () => {
  await store([sampleEvent()])
  const server = await serveExport()
  const response = await fetch(`${server.url}/v1/events/export?since=2026-01-01`, { method: 'HEAD' })
  expect([response.status, await response.text()]).toEqual([200, ''])
  expect(response.headers.get('seam-mirror-complete')).toBe('false')
})

/** How clients say that a connection ended before its answer did. */
const CUT = /terminated|fetch failed|aborted|hang up/
const BIG = 'x'.repeat(200_000)

/** The database, which does something before the nth page is read. */
function beforePage(nth: number, work: () => Promise<void>): Db {
  let pages = 0
  return Object.create(db, {
    executeQuery: { value: db.executeQuery.bind(db) },
    queryTexts: {
      value: async (...args: Parameters<typeof db.queryTexts>) => {
        pages += 1
        if (pages === nth) await work()
        return db.queryTexts(...args)
      },
    },
  }) as Db
}

describe('a download that is cut does not look whole', () => {
  const events = Array.from({ length: 60 }, (_, i) => sampleEvent({ n: i, note: BIG }))

  test.each(['', 'format=csv', 'gzip=true'])('when a page fails, with "%s"', async (query) => {
    await store(events)
    const server = await serveExport(
      READER,
      beforePage(3, () => Promise.reject(new Error('boom'))),
    )
    await expect(server.get(query).then((response) => response.text())).rejects.toThrow(CUT)
  })

  test('I14: when the service stops', async () => {
    await store(events)
    const server = await serveExport(
      READER,
      beforePage(3, async () => server.stopping.abort()),
    )
    await expect(server.get('').then((response) => response.text())).rejects.toThrow(CUT)
  })

  test('but it goes on when the database is away for a moment', async () => {
    await store(events)
    let left = 3
    const server = await serveExport(
      READER,
      beforePage(3, async () => {
        while (left > 0) {
          left -= 1
          throw Object.assign(new Error('gone'), { code: '57P01' })
        }
      }),
    )
    expect(readNdjson(await (await server.get('')).text()).ids.length).toBe(60)
  })

  test('and when the first page fails, it is answered as an error', async () => {
    const server = await serveExport(
      READER,
      beforePage(1, () => Promise.reject(new Error('boom'))),
    )
    expect((await server.get('')).status).toBe(500)
  })
})

test('I15: what is proven must hold before the first page and after the last', async () => {
  const cover = (from: string, to: string) =>
    sql`insert into coverage (workspace_id, ranges) values (${WORKSPACE_ID}, tstzmultirange(tstzrange(${from}, ${to})))
      on conflict (workspace_id) do update set ranges = excluded.ranges`.execute(db)
  await store(Array.from({ length: 60 }, (_, i) => sampleEvent({ n: i, note: BIG })))
  await cover('2025-01-01', '2026-08-01')
  const completeness = async (work: () => Promise<unknown>) => {
    const server = await serveExport(
      READER,
      beforePage(2, async () => void (await work())),
    )
    const query = `${server.url}/v1/events/export?between=2026-01-01,2026-07-01`
    return readNdjson(await (await fetch(query)).text()).mark.completeness
  }
  expect(await completeness(async () => {})).toMatchObject({ is_complete: true })
  const trimmed = await completeness(() => cover('2025-01-01', '2026-06-01'))
  expect(trimmed).toEqual({
    from: '2025-01-01T00:00:00.000000Z',
    until: '2026-06-01T00:00:00.000000Z',
    is_complete: true,
  })
  const grown = await completeness(() => cover('2025-02-01', '2026-12-01'))
  expect(grown).toMatchObject({ from: '2025-02-01T00:00:00.000000Z', until: '2026-06-01T00:00:00.000000Z' })
})

test('I12: a slow reader of big events holds no connection and few pages, and gets all when it reads on', async () => {
  await store(Array.from({ length: 400 }, (_, i) => sampleEvent({ n: i, note: BIG })))
  let asked = 0
  const counting = Object.create(db, {
    executeQuery: { value: db.executeQuery.bind(db) },
    queryTexts: {
      value: async (...args: Parameters<typeof db.queryTexts>) => {
        const result = await db.queryTexts(...args)
        asked += result.rows.reduce((sum, [body]) => sum + (body?.length ?? 0), 0)
        return result
      },
    },
  }) as Db
  const server = await serveExport(READER, counting)
  const response = await server.raw('')
  // The kernel takes some megabytes; then nothing is asked any more, however often the event loop turns.
  let before = -1
  while (before !== asked) {
    before = asked
    for (let i = 0; i < 50; i++) await (await fetch(`${server.url}/nowhere`)).arrayBuffer()
  }
  expect(asked).toBeLessThan(30_000_000)
  const text = (await bodyOf(response)).toString()
  expect(readNdjson(text).ids.length).toBe(400)
})

test('I12: one caller may run so many exports at once, and who is done makes room', async () => {
  await store(Array.from({ length: 400 }, (_, i) => sampleEvent({ n: i, note: BIG })))
  const server = await serveExport()
  const running = []
  for (let i = 0; i < 4; i++) running.push(await server.raw(''))
  const refused = await server.get('')
  expect([refused.status, (await errorOf(refused)).type]).toEqual([429, 'too_many_requests'])
  for (const response of running) response.destroy()
  await expect.poll(async () => (await server.raw('')).statusCode, { timeout: 60_000 }).toBe(200)
})
