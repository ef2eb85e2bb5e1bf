import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { expect, test, vi } from 'vitest'
import { parseEvent } from '../../src/domain/event.ts'
import { createFeedSource } from '../../src/feed/feed-source.ts'
import { Feed, MAX_FEED_BYTES, MAX_FEED_EVENTS } from '../../src/feed/feed.ts'
import { CHUNK_BYTES, followFeed, type FollowOptions, HEARTBEAT_MS } from '../../src/feed/follow-feed.ts'
import { ingestBatch } from '../../src/ingest/ingest-batch.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'
import { decodeArrivalCursor } from '../../src/store/events/arrival-cursor.ts'
import { readArrivalStartSince } from '../../src/store/events/read-arrival-start.ts'
import { readArrivals, readSelectableArrivals } from '../../src/store/events/read-arrivals.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { db } = await databaseOfThisFile()

async function store(workspaceId: string, count: number, fields: object = {}): Promise<string[]> {
  const events = Array.from({ length: count }, () => sampleEvent({ workspace_id: workspaceId, ...fields }))
  for (let from = 0; from < count; from += 500) {
    const items = events
      .slice(from, from + 500)
      .map((event) => parseEvent(JSON.stringify(event), workspaceId))
    await ingestBatch(db, items, 'webhook', maskingSecrets())
  }
  return events.map(({ event_id }) => event_id)
}

/** A feed that is read when the test says so, and one listener to it. */
async function open(options: Partial<FollowOptions> = {}) {
  const workspaceId = randomUUID()
  const source = createFeedSource({ db, workspaceId, monotonicMs: () => performance.now() })
  const feed = await source.open()
  const leaving = new AbortController()
  const readPage = vi.fn<FollowOptions['own']['readPage']>((query) =>
    readArrivals(db, { workspaceId, ...query }),
  )
  const listen = (more: Partial<FollowOptions> = {}) =>
    followFeed({
      feed,
      place: { kind: 'now' },
      selection: { visibility: { kind: 'all' }, filters: [] },
      messageOf: null,
      own: {
        readStart: (createdAfter) => readArrivalStartSince(db, workspaceId, createdAfter),
        readPage,
        isPassing: () => false,
      },
      signal: leaving.signal,
      monotonicMs: () => performance.now(),
      ...options,
      ...more,
    })
  return {
    workspaceId,
    feed,
    readPage,
    listen,
    leave: () => leaving.abort('left'),
    /** Until so many of the newest events are in the feed. */
    readUntil: async (eventId: string | undefined) => {
      while (feed.end.eventId !== eventId) await source.readOn(feed)
    },
  }
}

/** The next chunks, until so many events were among them. */
async function take(
  chunks: AsyncGenerator<string>,
  count: number,
): Promise<{ ids: string[]; longest: number }> {
  const ids: string[] = []
  let longest = 0
  while (ids.length < count) {
    const { value = '', done } = await chunks.next()
    if (done) throw new Error('The stream has ended.')
    longest = Math.max(longest, value.length)
    ids.push(...value.matchAll(/"event_id":"([^"]+)"/g).map(([, id = '']) => id))
  }
  return { ids, longest }
}

/** All that was stored, in the order of arrival. Transactions of other test files on the same server may hold some of it back for a while. */
async function arrivalOrder(workspaceId: string): Promise<string[]> {
  for (;;) {
    const { rows } = await sql<{
      count: string
    }>`select count(*) from events where workspace_id = ${workspaceId}`.execute(db)
    const { events } = await readArrivals(db, { workspaceId, after: null, limit: 100_000 })
    if (events.length === Number(rows[0]?.count)) return events.map(({ eventId }) => eventId)
  }
}

test('I12: a slow listener gets everything, while the feed keeps no more than its limit and a chunk is small', async () => {
  const { workspaceId, feed, readPage, listen, readUntil } = await open()
  const slow = listen()
  await slow.next()
  await store(workspaceId, MAX_FEED_EVENTS * 2 + 100, { custom: 'x'.repeat(700) })
  const expected = await arrivalOrder(workspaceId)
  await readUntil(expected.at(-1))
  const kept = feed.after(feed.end)
  expect(kept).toEqual([])
  const { ids, longest } = await take(slow, expected.length)
  expect(ids).toEqual(expected)
  expect(longest).toBeLessThan(CHUNK_BYTES + 10_000)
  expect(readPage).toHaveBeenCalled()
  // The last part came from memory.
  const [query] = readPage.mock.calls.at(-1) ?? []
  expect(query?.after?.eventId).not.toBe(expected.at(-1))
  const asked = readPage.mock.calls.length
  await store(workspaceId, 3)
  const all = await arrivalOrder(workspaceId)
  await readUntil(all.at(-1))
  expect((await take(slow, 3)).ids).toEqual(all.slice(-3))
  expect(readPage.mock.calls.length).toBe(asked)
})

test('I12: the feed keeps so many bytes and so many events', async () => {
  const { workspaceId, feed, readUntil } = await open()
  const beginning = feed.end
  await store(workspaceId, MAX_FEED_EVENTS)
  let order = await arrivalOrder(workspaceId)
  await readUntil(order.at(-1))
  expect(feed.after(beginning)).toHaveLength(MAX_FEED_EVENTS)
  await store(workspaceId, 1)
  order = await arrivalOrder(workspaceId)
  await readUntil(order.at(-1))
  expect(feed.after(beginning)).toBeNull()
  await store(workspaceId, 60, { custom: 'x'.repeat(100_000) })
  order = await arrivalOrder(workspaceId)
  await readUntil(order.at(-1))
  const page = await readSelectableArrivals(db, { workspaceId, after: null, limit: 100_000 })
  const places = page.events.map(({ cursor }) => feed.after(cursor)?.length ?? null)
  const most = Math.max(...places.map((length) => length ?? 0))
  expect(most * 100_000).toBeLessThanOrEqual(MAX_FEED_BYTES)
  expect(most).toBeGreaterThan(30)
})

test('A listener of rare events is moved on by heartbeats, so that it need not pass by the others again', async () => {
  const { workspaceId, feed, listen, readUntil } = await open()
  let nowMs = 0
  const stream = listen({
    selection: { visibility: { kind: 'all' }, filters: [{ column: 'event_type', values: ['rare'] }] },
    monotonicMs: () => nowMs,
  })
  expect((await stream.next()).value).toMatch(/^: .*\nretry: 1000\n\n$/)
  feed.cover(null)
  expect((await stream.next()).value).toMatch(/^event: coverage\nid: [\w-]{44}\ndata: \{.*\}\n\n$/)
  const beat = stream.next()
  await store(workspaceId, 300)
  const order = await arrivalOrder(workspaceId)
  nowMs += HEARTBEAT_MS
  await readUntil(order.at(-1))
  const { value = '' } = await beat
  expect(value).toMatch(/^: .*\nid: [\w-]{44}\n\n$/)
  expect(decodeArrivalCursor(/id: (.*)/.exec(value)?.[1] ?? '')?.eventId).toBe(order.at(-1))
})

test('I8: when the order is lost, all listeners are told where they go on', async () => {
  const { workspaceId, feed, listen, readUntil } = await open()
  feed.cover(null)
  const streams = [listen(), listen()]
  for (const stream of streams) {
    await stream.next()
    await stream.next()
  }
  feed.restart(feed.end)
  for (const stream of streams) expect((await stream.next()).value).toMatch(/^event: reset\n/)
  const [id] = await store(workspaceId, 1)
  await readUntil(id)
  for (const stream of streams) expect((await take(stream, 1)).ids).toEqual([id])
})

test('A read that fails for a moment is tried again, and any other failure ends the stream', async () => {
  const { workspaceId, readPage, listen, leave } = await open()
  const [id] = await store(workspaceId, 1)
  await arrivalOrder(workspaceId)
  const own = {
    readStart: () => readArrivalStartSince(db, workspaceId, 0n),
    readPage,
    isPassing: (error: unknown) => (error as Error).message === 'away',
  }
  readPage.mockRejectedValueOnce(new Error('away'))
  const stream = listen({ place: { kind: 'since', createdAfter: 0n }, own })
  expect((await take(stream, 1)).ids).toEqual([id])
  readPage.mockRejectedValueOnce(new Error('wrong'))
  const other = listen({ place: { kind: 'since', createdAfter: 0n }, own })
  await other.next()
  await expect(other.next()).rejects.toThrow('wrong')
  leave()
})

test('I14: a listener that waits for a read of its own says goodbye at once', async () => {
  const stopping = new AbortController()
  const reading = Promise.withResolvers<never>()
  const { listen, readPage } = await open()
  readPage.mockReturnValue(reading.promise)
  const cursor = { server: 0n, transaction: 1n, eventId: randomUUID() }
  const stream = listen({ place: { kind: 'after', cursor }, signal: stopping.signal })
  await stream.next()
  const next = stream.next()
  stopping.abort('stopping')
  expect((await next).value).toMatch(/^event: bye\n(id: .*\n)?data: \{"reason":"stopping"\}\n\n$/)
  expect((await stream.next()).done).toBe(true)
  reading.reject(new Error('Nobody waits for it any more.'))
})

test('A feed wakes all who wait, and forgets those who have left', async () => {
  const feed = new Feed({ server: 1n, transaction: 0n, eventId: randomUUID() })
  const leaving = new AbortController()
  const left = feed.change(600_000, leaving.signal)
  leaving.abort()
  await left
  const waiting = feed.change(600_000, new AbortController().signal)
  feed.cover(null)
  await waiting
  // What is known already wakes nobody.
  const later = feed.change(10, new AbortController().signal).then(() => 'the time was over')
  feed.cover(null)
  expect(await later).toBe('the time was over')
})
