import { beforeEach, describe, expect, test } from 'vitest'
import { type IngestPath, parseEvent } from '../../src/domain/event.ts'
import { ingestBatch, ingestInTransaction } from '../../src/ingest/ingest-batch.ts'
import { sealingSecrets } from '../../src/secrets/sealing-secrets.ts'
import type { Secrets } from '../../src/secrets/secrets.ts'
import { queryTest } from '../support/query-test.ts'
import { WORKSPACE_ID, sampleEvent } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

const SECRETS = sealingSecrets([Buffer.alloc(32, 1)])
const parsed = (event: unknown) =>
  parseEvent(typeof event === 'string' ? event : JSON.stringify(event), WORKSPACE_ID)

const ways: [string, (events: readonly unknown[], path: IngestPath, secrets: Secrets) => Promise<unknown>][] =
  [
    ['by itself', (events, path, ring) => ingestBatch(db, events.map(parsed), path, ring)],
    [
      'in a transaction',
      (events, path, ring) =>
        db.transaction().execute((trx) => ingestInTransaction(trx, events.map(parsed), path, ring)),
    ],
  ]

const rows = () => queryTest<{ body: string; xmin: string }>(db, 'select body::text, xmin::text from events')
const conflicts = () =>
  queryTest<{ reason: string; times_seen: number; detail: string }>(
    db,
    'select reason, times_seen, detail from quarantine order by quarantine_id',
  )

describe.each(ways)('E17, I3: another content of an event id that is stored, %s', (_way, ingest) => {
  test.each<[string, IngestPath, IngestPath]>([
    ['by the same path', 'webhook', 'webhook'],
    ['by the other path', 'webhook', 'poll'],
    ['by the poll again', 'poll', 'poll'],
  ])('%s: the first stays, the other is in quarantine, and counted', async (_what, first, second) => {
    const event = sampleEvent()
    await ingest([event], first, maskingSecrets())
    const [before] = await rows()
    const other = { ...event, method: 'manual' }
    expect(await ingest([other, sampleEvent()], second, maskingSecrets())).toMatchObject({ quarantined: 1 })
    await ingest([other], second, maskingSecrets())
    expect((await rows()).map(({ body }) => body)).toContain(before?.body)
    expect(await conflicts()).toMatchObject([
      {
        reason: 'conflicting_event',
        times_seen: 2,
        detail: expect.stringContaining(event.event_id) as string,
      },
    ])
  })

  test('twice in one batch: as well', async () => {
    const event = sampleEvent()
    await ingest([event, event, { ...event, method: 'manual' }], 'webhook', maskingSecrets())
    expect((await rows()).map(({ body }) => body)).toEqual([JSON.stringify(event)])
    expect(await conflicts()).toMatchObject([{ reason: 'conflicting_event', times_seen: 1 }])
  })

  test('that differs in its PIN alone: with a secrets key it is noticed', async () => {
    const event = sampleEvent({ code: '1111' })
    await ingest([event], 'webhook', SECRETS)
    await ingest([{ ...event, code: '2222' }], 'webhook', SECRETS)
    expect(await conflicts()).toMatchObject([{ reason: 'conflicting_event' }])
  })

  test.each<[string, Record<string, unknown>, Secrets, Secrets]>([
    ['the same', { code: '1111' }, SECRETS, SECRETS],
    ['the same without a key', { code: '1111' }, maskingSecrets(), maskingSecrets()],
    ['the same after the key was changed', { code: '1111' }, SECRETS, sealingSecrets([Buffer.alloc(32, 2)])],
    ['the same since there is a key', { code: '1111', description: 'Code 1111' }, maskingSecrets(), SECRETS],
    ['the same with a masked name', { code: '1111', later: { '1111': 1 } }, maskingSecrets(), SECRETS],
  ])('%s is no conflict', async (_what, fields, first, second) => {
    const event = sampleEvent(fields)
    await ingest([event], 'webhook', first)
    await ingest([event, event], 'poll', second)
    await ingest([event], 'webhook', second)
    expect(await conflicts()).toEqual([])
  })

  test('the same in another print is no conflict: order, white space, escapes and numbers', async () => {
    const { event_id: id, ...rest } = sampleEvent({
      code: '1111',
      level: 1,
      name: 'é',
      deep: { a: [1], b: null },
    })
    await ingest([{ event_id: id, ...rest }], 'webhook', SECRETS)
    const reprinted = JSON.stringify({ ...rest, deep: { b: null, a: [1] }, event_id: id }, null, 2)
      .replace('"level": 1', '"level": 1.0')
      .replace('é', String.raw`\u00e9`)
    await ingest([reprinted], 'poll', SECRETS)
    expect(await conflicts()).toEqual([])
    expect(await rows()).toHaveLength(1)
  })
})

test('E17, I3: a redelivery with secrets does not write to the row', async () => {
  const event = parsed(sampleEvent({ code: '1111' }))
  await ingestBatch(db, [event], 'webhook', SECRETS)
  const before = await rows()
  await ingestBatch(db, [event], 'webhook', SECRETS)
  expect(await rows()).toEqual(before)
})
