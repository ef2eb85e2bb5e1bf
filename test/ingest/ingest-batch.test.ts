import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type IngestPath, parseEvent } from '../../src/domain/event.ts'
import { type IngestItem, ingestBatch, ingestInTransaction } from '../../src/ingest/ingest-batch.ts'
import { sealingSecrets } from '../../src/secrets/sealing-secrets.ts'
import { buildHotel } from '../../src/simulated-seam/build-hotel.ts'
import { makeEvent, simulatedEventTypes } from '../../src/simulated-seam/make-event.ts'
import { createRandom } from '../../src/simulated-seam/random.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { WORKSPACE_ID, sampleEvent } from '../support/sample-event.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

const { db } = await databaseOfThisFile()

const parsed = (event: unknown) => parseEvent(JSON.stringify(event), WORKSPACE_ID)

async function stored(eventId: string) {
  return db.selectFrom('events').selectAll().where('event_id', '=', eventId).execute()
}

/** As the poller does: in its transaction, which hears what was new. */
const ingestAndTell = (items: readonly IngestItem[], path: IngestPath) =>
  db.transaction().execute((trx) => ingestInTransaction(trx, items, path, maskingSecrets()))

describe('ingest', () => {
  test('I3: duplicates inside one batch become one row, and the answer names it once', async () => {
    const event = sampleEvent()
    const result = await ingestAndTell([parsed(event), parsed(event), parsed(event)], 'webhook')
    expect(result.inserted).toEqual([{ workspaceId: WORKSPACE_ID, eventId: event.event_id }])
    expect(await stored(event.event_id)).toHaveLength(1)
  })

  test('I3: the second path adds only its sighting and changes nothing else of the event', async () => {
    const event = sampleEvent()
    await ingestBatch(db, [parsed(event)], 'webhook', maskingSecrets())
    const [first] = await stored(event.event_id)
    const again = await ingestAndTell([parsed({ ...event, method: 'changed' })], 'poll')
    const [second] = await stored(event.event_id)
    expect(again.inserted).toEqual([])
    expect(second).toEqual({ ...first, poll_at: expect.any(String) })
  })

  test('I3: a redelivery by the same path does not even write to the row', async () => {
    const event = sampleEvent()
    await ingestBatch(db, [parsed(event)], 'webhook', maskingSecrets())
    const version = () =>
      sql<{ xmin: string }>`select xmin::text from events where event_id = ${event.event_id}`.execute(db)
    const before = await version()
    await ingestBatch(db, [parsed(event)], 'webhook', maskingSecrets())
    expect((await version()).rows).toEqual(before.rows)
  })

  test('I3: one event id in two workspaces is two events', async () => {
    const other = '4f3a2b1c-0000-4000-8000-000000000001'
    const event = sampleEvent()
    await ingestBatch(db, [parsed(event)], 'webhook', maskingSecrets())
    const theirs = parseEvent(JSON.stringify({ ...event, workspace_id: other }), other)
    const result = await ingestAndTell([theirs], 'poll')
    expect(result.inserted).toHaveLength(1)
    expect(await stored(event.event_id)).toHaveLength(2)
  })

  test('I3: batches that overlap in opposite orders, sent at once, neither deadlock nor duplicate', async () => {
    const events = Array.from({ length: 300 }, () => sampleEvent())
    const forward = events.map(parsed)
    const order = (i: number) => (i % 2 === 0 ? forward : forward.toReversed())
    const pages = Array.from({ length: 4 }, (_, i) => ingestAndTell(order(i), 'poll'))
    const deliveries = Array.from({ length: 4 }, (_, i) =>
      ingestBatch(db, order(i), 'webhook', maskingSecrets()),
    )
    const told = (await Promise.all(pages)).flatMap(({ inserted }) => inserted)
    await Promise.all(deliveries)
    expect(new Set(told.map(({ eventId }) => eventId)).size).toBe(told.length)
    const rows = await Promise.all(events.map(({ event_id: id }) => stored(id)))
    expect(rows.flat()).toHaveLength(300)
    expect(rows.flat().every((row) => row.webhook_at !== null && row.poll_at !== null)).toBe(true)
  })

  test('a page of several statements tells each new event once, whichever of them it went with', async () => {
    const events = Array.from({ length: 300 }, () => sampleEvent())
    await ingestBatch(db, events.slice(0, 100).map(parsed), 'webhook', maskingSecrets())
    const { inserted } = await ingestAndTell([...events, ...events].map(parsed), 'poll')
    expect(inserted.map(({ eventId }) => eventId).toSorted()).toEqual(
      events
        .slice(100)
        .map(({ event_id }) => event_id)
        .toSorted(),
    )
  })

  test('I3: an error in a later statement of a page leaves nothing of the page, and harms nobody else', async () => {
    const events = Array.from({ length: 300 }, () => sampleEvent())
    const [last] = events.toSorted((a, b) => (a.event_id > b.event_id ? -1 : 1))
    const nested = '['.repeat(60_000) + ']'.repeat(60_000)
    const items = events.map((event) =>
      event === last
        ? parseEvent(JSON.stringify({ ...event, x: 0 }).replace('"x":0', `"x":${nested}`), WORKSPACE_ID)
        : parsed(event),
    )
    await expect(ingestAndTell(items, 'poll')).rejects.toThrow(/stack depth|nested/)
    const ids = events.map(({ event_id }) => event_id)
    expect(await db.selectFrom('events').select('event_id').where('event_id', 'in', ids).execute()).toEqual(
      [],
    )
    await ingestAndTell(events.slice(0, 10).map(parsed), 'poll')
  })

  test('a connection that is gone before a page is stored fails the page, and nothing else', async () => {
    const items = Array.from({ length: 300 }, () => parsed(sampleEvent()))
    const onLostConnection = db.transaction().execute(async (trx) => {
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(trx).catch(() => {})
      // Nobody waits for the end of the connection, which comes after the answer.
      await expect
        .poll(() => sql`select 1`.execute(trx).then(String, (error: Error) => error.message))
        .toMatch(/not queryable/)
      return ingestInTransaction(trx, items, 'poll', maskingSecrets())
    })
    await expect(onLostConnection).rejects.toThrow(/not queryable/)
    await ingestAndTell(items, 'poll')
  })

  test('I7: an event that comes alone is stored as it is in a batch, whatever is in it', async () => {
    const random = createRandom(7, 'alone')
    const hotel = buildHotel(WORKSPACE_ID, random, 0)
    const made = simulatedEventTypes.map((type) =>
      makeEvent({ hotel, random, at: 1_750_000_000_123_456, precision: 'micros', type }),
    )
    const strange = [
      { created_at: '0001-01-01T00:00:00Z', occurred_at: '9999-12-31T23:59:59.999999Z' },
      { created_at: '1969-12-31T23:59:59.999999+02:00', occurred_at: null },
      { customer_key: '{"a\\\\b",null,\'} é 😀', occurred_at: 'no instant' },
      { access_grant_ids: [randomUUID(), randomUUID().toUpperCase()], acs_entrance_ids: [] },
      { device_id: randomUUID().toUpperCase(), note: '\u0000 \ud800' },
    ].map((fields) => sampleEvent(fields))
    const items = [...made, ...strange].map(parsed)
    const rows = async () => {
      const all = await db.selectFrom('events').selectAll().orderBy('event_id').execute()
      return all.map(({ webhook_at, ingested_at, arrival_transaction, secrets, ...row }) => {
        void [ingested_at, arrival_transaction]
        return { ...row, isWebhook: webhook_at !== null, hasSecrets: secrets !== null }
      })
    }
    const secrets = sealingSecrets([Buffer.alloc(32, 1)])
    await sql`truncate events`.execute(db)
    await ingestBatch(db, items, 'webhook', secrets)
    const together = await rows()
    await sql`truncate events`.execute(db)
    for (const item of items) await ingestBatch(db, [item], 'webhook', secrets)
    expect(await rows()).toEqual(together)
    expect(together).toHaveLength(items.length)
    expect(together.filter(({ hasSecrets }) => hasSecrets).length).toBeGreaterThan(3)
  })

  test('I7: the stored body is the received text, to the last digit, escape and space', async () => {
    const id = sampleEvent().event_id
    const text = `{ "zeta": 1.0, "event_id":"${id}", "big": 123456789012345678901234567890, "event_type":"x.y", "nul": "a\\u0000b", "lone": "\\ud800", "created_at": "2026-01-02T03:04:05.123456789+02:00", "10": 1, "2": 2 }`
    await ingestBatch(db, [parseEvent(text, WORKSPACE_ID)], 'webhook', maskingSecrets())
    expect((await stored(id))[0]?.body).toBe(text)
  })

  test('I11: unusable items are kept with their reason, counted when they come again, and do not stop the rest', async () => {
    const event = sampleEvent()
    const bad = sampleEvent({ created_at: 'yesterday' })
    await ingestBatch(db, [parsed(bad), parsed(event), parsed(bad)], 'webhook', maskingSecrets())
    await ingestBatch(db, [parsed(bad)], 'poll', maskingSecrets())
    const kept = await db
      .selectFrom('quarantine')
      .selectAll()
      .where('reason', '=', 'bad_created_at')
      .execute()
    expect(kept).toMatchObject([{ times_seen: 3, workspace_id: WORKSPACE_ID, path: 'webhook' }])
    expect(JSON.parse(Buffer.from(kept[0]?.body ?? []).toString())).toEqual(bad)
    expect(await stored(event.event_id)).toHaveLength(1)
  })

  test('I11: an event that Postgres refuses is quarantined and the rest of its batch is stored', async () => {
    const events = Array.from({ length: 20 }, () => sampleEvent())
    const poison = sampleEvent({ method: 'poison' })
    await sql`alter table events add constraint picky check (body::text not like '%poison%')`.execute(db)
    onTestFinished(async () => void (await sql`alter table events drop constraint picky`.execute(db)))
    const result = await ingestBatch(db, [...events, poison].map(parsed), 'webhook', maskingSecrets())
    expect(result).toMatchObject({ quarantined: 1, kept: [{ reason: 'refused_by_database', timesSeen: 1 }] })
    const rows = await Promise.all(events.map(({ event_id: id }) => stored(id)))
    expect(rows.flat()).toHaveLength(20)
    const kept = await db
      .selectFrom('quarantine')
      .select('reason')
      .where('reason', '=', 'refused_by_database')
      .execute()
    expect(kept).toHaveLength(1)
  })
})
