import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { parseEvent } from '../../../src/domain/event.ts'
import { MICROS_PER_SECOND, parseInstant } from '../../../src/domain/instant.ts'
import { ingestInTransaction } from '../../../src/ingest/ingest-batch.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'
import { addCoverage } from '../../../src/store/coverage/add-coverage.ts'
import type { Db } from '../../../src/store/database.ts'
import { decodeArrivalCursor, encodeArrivalCursor } from '../../../src/store/events/arrival-cursor.ts'
import { errorOf } from '../../http/serve.ts'
import { type EventStream, openEventStream } from '../../support/event-stream.ts'
import { queryTest } from '../../support/query-test.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { deliver } from '../../support/sign-delivery.ts'
import { MIRROR_API_KEY, startTestApp, type TestApp } from '../../support/start-test-app.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'
import { startTransactionPooler } from '../../support/transaction-pooler.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

interface Rig {
  database: TestDatabase
  db: Db
  app: TestApp
  listen: (query?: string, headers?: Record<string, string>) => Promise<EventStream>
}

async function startApp(url: string): Promise<TestApp> {
  const app = await startTestApp(url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
  undo.push(() => app.stop())
  return app
}

async function startRig(): Promise<Rig> {
  const database = await createTestDatabase()
  undo.push(() => database.drop())
  const app = await startApp(database.url)
  return { database, db: database.open(), app, listen: (query, headers) => listenTo(app, query, headers) }
}

async function listenTo(
  app: TestApp,
  query = '',
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const stream = await openEventStream(`${app.url}/v1/events/stream${query}`, {
    authorization: `Bearer ${MIRROR_API_KEY}`,
    ...headers,
  })
  undo.push(async () => stream.leave())
  return stream
}

async function send(app: TestApp, ...events: { event_id: string }[]): Promise<string[]> {
  for (const event of events) expect((await deliver(app.url, { ...event })).status).toBe(204)
  return events.map(({ event_id }) => event_id)
}

/** A transaction that has stored these events and goes on. */
async function storeAndWait(db: Db, events: object[]) {
  const trx = await db.startTransaction().execute()
  const items = events.map((event) => parseEvent(JSON.stringify(event), WORKSPACE_ID))
  await ingestInTransaction(trx, items, 'poll', maskingSecrets())
  return trx
}

const saw = (stream: EventStream, count: number) => stream.until(() => stream.eventIds().length >= count)
const named = (stream: EventStream, name: string) => stream.blocks.filter(({ event }) => event === name)

test('Events come as they arrive: the text as it was received, the place in the order of arrival as the id', async () => {
  const { app, listen } = await startRig()
  const [before] = await send(app, sampleEvent())
  // Transactions of other test files may hold it back: what is not shown yet is not yet past.
  await saw(await listen('?since=2000-01-01T00:00:00Z'), 1)
  const stream = await listen()
  expect(Object.fromEntries(stream.response.headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  const text = `{ "event_id": "${randomUUID()}",\r\n\t"event_type": "x.y",\n"workspace_id": "${WORKSPACE_ID}", "created_at": "2026-06-15T16:54:17.946309Z", "big": 12345678901234567890.0 }`
  expect((await deliver(app.url, text)).status).toBe(204)
  await saw(stream, 1)
  expect(stream.eventIds()).not.toContain(before)
  const [message] = named(stream, 'message')
  // A carriage return is the end of a line as well, and can only stand between values.
  expect(message?.data).toBe(text.replace('\r\n', '\n'))
  expect(decodeArrivalCursor(message?.id ?? '')?.eventId).toBe(stream.eventIds()[0])
})

test('I8: a listener that has seen no event yet can come back to where it began, because coverage says where that is', async () => {
  const { app, listen } = await startRig()
  const stream = await listen()
  await stream.until(() => named(stream, 'coverage').length > 0)
  expect(named(stream, 'coverage')[0]).toMatchObject({
    data: '{"from":null,"until":null}',
    id: expect.stringMatching(/^[\w-]{44}$/),
  })
  stream.leave()
  await stream.ended
  const sent = await send(app, sampleEvent(), sampleEvent())
  const again = await listen('', { 'last-event-id': stream.lastId() ?? '' })
  await saw(again, 2)
  expect(again.eventIds()).toEqual(sent)
})

test('I8: an event that was committed first waits for an older transaction, and neither is skipped', async () => {
  const { app, db, listen } = await startRig()
  const stream = await listen()
  const first = sampleEvent()
  const older = await storeAndWait(db, [first])
  const [second] = await send(app, sampleEvent())
  const late = await listen()
  await late.until(() => late.blocks.length > 0)
  expect(stream.eventIds()).toEqual([])
  await older.commit().execute()
  await saw(stream, 2)
  await saw(late, 2)
  expect(stream.eventIds()).toEqual([first.event_id, second])
  expect(late.eventIds()).toEqual(stream.eventIds())
})

test('I15: coverage is shown only when all events of it were sent, also those that an older transaction holds back', async () => {
  const { app, db, listen } = await startRig()
  const stream = await listen()
  await stream.until(() => named(stream, 'coverage').length === 1)
  const older = await storeAndWait(db, [sampleEvent()])
  await db.transaction().execute(async (trx) => {
    const from = parseInstant('2026-06-15T16:00:00Z') ?? 0n
    await addCoverage(trx, WORKSPACE_ID, [
      { from: from - 100n * MICROS_PER_SECOND, to: from - 50n * MICROS_PER_SECOND },
      { from, to: from + 3_600n * MICROS_PER_SECOND },
    ])
  })
  await send(app, sampleEvent())
  // Whoever came later sees the same.
  const late = await listen(`?after=${stream.lastId()}`)
  await late.until(() => late.blocks.length > 0)
  await older.commit().execute()
  for (const each of [stream, late]) {
    await each.until(() => each.blocks.some(({ data }) => data.includes('2026') && data.includes('until')))
    const names = each.blocks.map(({ event }) => event).filter((event) => event !== 'comment')
    expect(names.slice(-3)).toEqual(['message', 'message', 'coverage'])
    expect(each.blocks.at(-1)?.data).toBe(
      '{"from":"2026-06-15T16:00:00.000000Z","until":"2026-06-15T17:00:00.000000Z"}',
    )
  }
})

describe('where a stream begins', () => {
  test('I8: since begins with what was created after it, whenever it arrived, and goes on with what arrives', async () => {
    const { app, listen } = await startRig()
    const at = (seconds: number) => sampleEvent({ created_at: `2026-06-15T16:00:0${seconds}Z` })
    const [newest, , later] = await send(app, at(5), at(1), at(3))
    const stream = await listen('?since=2026-06-15T16:00:02Z')
    await saw(stream, 2)
    await send(app, at(2))
    const [last] = await send(app, at(4))
    await saw(stream, 3)
    expect(stream.eventIds()).toEqual([newest, later, last])
    // Nothing was created since: it waits for what comes.
    const quiet = await listen('?since=2026-06-15T16:00:08Z')
    const [another] = await send(app, at(9))
    await saw(quiet, 1)
    expect(quiet.eventIds()).toEqual([another])
  })

  test('Last-Event-ID wins over after, and after over the place of since', async () => {
    const { app, listen } = await startRig()
    const first = await listen()
    const sent = await send(app, sampleEvent(), sampleEvent(), sampleEvent())
    await saw(first, 3)
    const [one, two] = named(first, 'message').map(({ id }) => id ?? '')
    const query = `?after=${one}&since=2020-01-01T00:00:00Z`
    const after = await listen(query)
    await saw(after, 2)
    expect(after.eventIds()).toEqual(sent.slice(1))
    const resumed = await listen(query, { 'last-event-id': two ?? '' })
    await saw(resumed, 1)
    expect(resumed.eventIds()).toEqual(sent.slice(2))
  })

  test.each([
    ['of another server', (id: string) => changed(id, { server: 1n })],
    ['ahead of the server, which has lost commits', (id: string) => changed(id, { transaction: 2n ** 62n })],
    ['that is none', () => 'from-another-service'],
  ])('I8: at a place %s it says so, and goes on with what arrives', async (_title, change) => {
    const { app, listen } = await startRig()
    const first = await listen()
    await send(app, sampleEvent())
    await saw(first, 1)
    const stream = await listen('', { 'last-event-id': change(first.lastId() ?? '') })
    await stream.until(() => named(stream, 'reset').length > 0)
    expect(named(stream, 'reset')[0]).toMatchObject({
      id: expect.stringMatching(/^[\w-]{44}$/),
      data: expect.stringMatching(/"reason":".+"/),
    })
    const [next] = await send(app, sampleEvent())
    await saw(stream, 1)
    expect(stream.eventIds()).toEqual([next])
    expect(named(stream, 'reset')).toHaveLength(1)
  })

  test('I10: at a place of another workspace it is only a place in its own order', async () => {
    const { app, db, listen } = await startRig()
    const theirs = randomUUID()
    const trx = await db.startTransaction().execute()
    const foreign = sampleEvent({ workspace_id: theirs })
    await ingestInTransaction(trx, [parseEvent(JSON.stringify(foreign), theirs)], 'poll', maskingSecrets())
    await trx.commit().execute()
    const [row] = await queryTest<{ transaction: string }>(
      db,
      'select arrival_transaction::text as transaction from events where workspace_id = $1',
      [theirs],
    )
    const [mine] = await send(app, sampleEvent())
    const own = await listen('?since=2000-01-01T00:00:00Z')
    await saw(own, 1)
    const cursor = changed(own.lastId() ?? '', {
      transaction: BigInt(row?.transaction ?? 0),
      eventId: foreign.event_id,
    })
    const stream = await listen(`?after=${cursor}`)
    await saw(stream, 1)
    expect(stream.eventIds()).toEqual([mine])
  })
})

function changed(id: string, change: object): string {
  const cursor = decodeArrivalCursor(id)
  if (cursor === null) throw new Error(`${id} is no cursor.`)
  return encodeArrivalCursor({ ...cursor, ...change })
}

test('All filters hold, both for what is read back and for what arrives', async () => {
  const { app, listen } = await startRig()
  const device = randomUUID()
  const wanted = () => sampleEvent({ device_id: device, event_type: 'device.connected' })
  const events = () => [wanted(), sampleEvent(), sampleEvent({ device_id: device })]
  const [first] = await send(app, ...events())
  const query = `?device_ids=${device},${randomUUID()}&event_type=device.connected`
  const stream = await listen(`${query}&since=2000-01-01T00:00:00Z`)
  await saw(stream, 1)
  const [second] = await send(app, ...events())
  await saw(stream, 2)
  const [third] = await send(app, ...events())
  await saw(stream, 3)
  expect(stream.eventIds()).toEqual([first, second, third])
})

test('What is wrong with the parameters is answered with their names', async () => {
  const { app } = await startRig()
  const ask = (query: string) =>
    fetch(`${app.url}/v1/events/stream?${query}`, { headers: { authorization: `Bearer ${MIRROR_API_KEY}` } })
  for (const [query, name] of [
    ['after=x', 'after'],
    ['since=yesterday', 'since'],
    ['device_id=1', 'device_id'],
    ['until=2026-01-01', 'until'],
  ]) {
    const answer = await ask(query ?? '')
    expect(answer.status).toBe(400)
    const error = await errorOf(answer)
    expect(error).toMatchObject({ type: 'invalid_input', message: expect.stringContaining(name ?? '') })
  }
  expect((await fetch(`${app.url}/v1/events/stream`)).status).toBe(401)
})

test('I14: at a stop everybody is told, and can come back to where it was', async () => {
  const { app, database, listen } = await startRig()
  const streams = await Promise.all(Array.from({ length: 20 }, () => listen()))
  const [sent] = await send(app, sampleEvent())
  for (const stream of streams) await saw(stream, 1)
  await app.stop()
  const next = await startApp(database.url)
  const [later] = await send(next, sampleEvent())
  for (const stream of streams) {
    const blocks = await stream.ended
    expect(blocks.at(-1)).toMatchObject({ event: 'bye', data: '{"reason":"stopping"}' })
    expect(stream.eventIds()).toEqual([sent])
    const again = await listenTo(next, `?after=${stream.lastId()}`)
    await saw(again, 1)
    expect(again.eventIds()).toEqual([later])
  }
  expect(app.logs.filter(({ level }) => Number(level) >= 50)).toEqual([])
})

test('I8: events from a restored dump, whose order is not known, are refused with what to do in the log', async () => {
  const { app, db, listen } = await startRig()
  await send(app, sampleEvent())
  await queryTest(db, `update events set arrival_transaction = '9000000000000'`, [])
  const stream = await listen()
  expect(stream.response.status).toBe(503)
  expect(app.logText()).toContain('update events set arrival_transaction')
})

describe('I8: followers that are cut off at any moment see each event once', () => {
  test.each(['directly', 'through a pooler in transaction mode'])(
    'on two replicas, of which one restarts three times, %s',
    { timeout: 120_000 },
    async (way) => {
      const database = await createTestDatabase()
      undo.push(() => database.drop())
      let { url } = database
      if (way !== 'directly') {
        const pooler = await startTransactionPooler(database.url, 4)
        undo.push(() => pooler.stop())
        url = pooler.url
      }
      const steady = await startApp(url)
      let restarting = await startApp(url)
      const COUNT = 600
      const writing = new AbortController()
      const sent: string[] = []
      const write = async (): Promise<void> => {
        for (let n = 0; n < COUNT; n += 10) {
          const events = Array.from({ length: 10 }, () => sampleEvent())
          const answers = await Promise.all(events.map((event) => deliver(steady.url, event)))
          expect(answers.every(({ status }) => status === 204)).toBe(true)
          sent.push(...events.map(({ event_id }) => event_id))
        }
        writing.abort()
      }
      const begin = await listenTo(steady)
      await begin.until((blocks) => blocks.some(({ id }) => id !== undefined))
      const start = begin.lastId() ?? ''

      /** Comes back with the last id, to either replica, and leaves after some events. */
      const follow = async (salt: number): Promise<string[]> => {
        const seen: string[] = []
        let place = start
        for (let turn = salt; seen.length < COUNT; turn++) {
          const app = turn % 2 === 0 ? steady : restarting
          const stream = await listenTo(app, '', { 'last-event-id': place }).catch(() => null)
          if (stream === null) continue
          const enough = Math.min(1 + ((turn * 37 + salt * 11) % 90), COUNT - seen.length)
          await saw(stream, enough).catch(() => {})
          stream.leave()
          await stream.ended
          seen.push(...stream.eventIds())
          place = stream.lastId() ?? place
        }
        return seen
      }
      const restart = async (): Promise<void> => {
        for (let n = 0; n < 3; n++) {
          await begin.until(() => begin.eventIds().length >= (COUNT / 4) * (n + 1))
          await restarting.stop()
          restarting = await startApp(url)
        }
      }
      const [, , ...followed] = await Promise.all([write(), restart(), ...[1, 2, 3].map(follow)])
      await saw(begin, COUNT)
      expect(begin.eventIds().toSorted()).toEqual(sent.toSorted())
      for (const seen of followed) expect(seen).toEqual(begin.eventIds())
    },
  )
})
