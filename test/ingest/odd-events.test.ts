import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  MAX_CUSTOMER_KEY_BYTES,
  MAX_EVENT_TYPE_BYTES,
  MAX_FILTER_IDS,
} from '../../src/domain/event-columns.ts'
import { parseEvent } from '../../src/domain/event.ts'
import { ingestBatch, ingestInTransaction, type IngestItem } from '../../src/ingest/ingest-batch.ts'
import { unsealEvent } from '../../src/secrets/event-secrets-box.ts'
import { sealingSecrets } from '../../src/secrets/sealing-secrets.ts'
import { queryTest } from '../support/query-test.ts'
import { WORKSPACE_ID, sampleEvent } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

const SECRETS = sealingSecrets([Buffer.alloc(32, 1)])

interface Row {
  event_id: string
  event_type: string | null
  customer_key: string | null
  left_out: string | null
  body: string
  secrets: Buffer | null
}

const rows = () =>
  queryTest<Row>(
    db,
    'select event_id::text, event_type, customer_key, left_out, body::text, secrets from events',
  )

/** Random, so that Postgres cannot make it shorter. */
const noise = (length: number) =>
  Array.from({ length }, () => String.fromCharCode(0x4e00 + Math.floor(Math.random() * 0x5000))).join('')

const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown
const deepText = (event: object, depth: number) =>
  `${JSON.stringify(event).slice(0, -1)},"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`

const ids = (length: number) => Array.from({ length }, () => randomUUID())

const odd: [string, Record<string, unknown>, string | null][] = [
  ['a customer_key of 950 CJK characters', { customer_key: noise(950) }, 'customer_key: too long'],
  ['the longest customer_key', { customer_key: noise(Math.floor(MAX_CUSTOMER_KEY_BYTES / 3)) }, null],
  ['a customer_key of 100,000 characters', { customer_key: 'x'.repeat(100_000) }, 'customer_key: too long'],
  ['a customer_key with a NUL', { customer_key: 'a\0b' }, 'customer_key: has a NUL'],
  ['a customer_key with half a character', { customer_key: 'a\ud800' }, 'customer_key: not Unicode'],
  ['an event_type of 300 characters', { event_type: 'x'.repeat(300) }, 'event_type: too long'],
  ['the longest event_type', { event_type: noise(Math.floor(MAX_EVENT_TYPE_BYTES / 3)) }, null],
  ['an event_type with a NUL', { event_type: 'a\0b' }, 'event_type: has a NUL'],
  ['ids that are none', { device_id: 'x', connected_account_id: 7, space_id: [] }, 'device_id: not a UUID; connected_account_id: not a UUID; space_id: not a UUID'], // prettier-ignore
  ['100,000 ids in an array', { acs_entrance_ids: ids(100_000) }, 'acs_entrance_ids: too many'],
  ['as many ids as can be filtered by', { access_grant_ids: ids(MAX_FILTER_IDS) }, null],
  ['the earliest instant', { created_at: '0001-01-01T00:00:00Z', occurred_at: '0000-01-01T00:00:00Z' }, 'occurred_at: not an instant'], // prettier-ignore
  ['the latest instant', { created_at: '9999-12-31T23:59:59.9999999Z' }, null],
  ['the longest of everything that is indexed', { customer_key: noise(Math.floor(MAX_CUSTOMER_KEY_BYTES / 3)), event_type: noise(85), acs_entrance_ids: ids(MAX_FILTER_IDS) }, null], // prettier-ignore
  ['JSON that Postgres reads, nested deep', { deep: nested(1000) }, null],
]

const paths: [string, (item: IngestItem) => Promise<unknown>][] = [
  ['webhook', (item) => ingestBatch(db, [item], 'webhook', SECRETS)],
  [
    'webhook, in a batch',
    (item) => ingestBatch(db, [item, parseEvent('{}', WORKSPACE_ID)], 'webhook', SECRETS),
  ],
  ['poll', (item) => db.transaction().execute((trx) => ingestInTransaction(trx, [item], 'poll', SECRETS))],
]

describe.each(paths)('E15, I7: an event is stored by %s, and its text as it came, with', (_path, ingest) => {
  test.each(odd)('%s', async (_what, fields, leftOut) => {
    const json = JSON.stringify(sampleEvent(fields))
    await ingest(parseEvent(json, WORKSPACE_ID))
    expect(await rows()).toMatchObject([{ left_out: leftOut, body: json }])
  })
})

describe('E15, I11: an event that Postgres refuses with its columns, or as it is', () => {
  test('is stored without columns, and what is nested too deep comes back with the secrets', async () => {
    const json = deepText(sampleEvent({ method: 'keycode' }), 60_000)
    const others = Array.from({ length: 5 }, () => parseEvent(JSON.stringify(sampleEvent()), WORKSPACE_ID))
    expect(
      await ingestBatch(db, [parseEvent(json, WORKSPACE_ID), ...others], 'webhook', SECRETS),
    ).toMatchObject({
      quarantined: 0,
    })
    const [row] = (await rows()).filter(({ left_out: leftOut }) => leftOut !== null)
    expect(await rows()).toHaveLength(6)
    expect(row).toMatchObject({ event_type: null, left_out: 'all columns: refused by the database' })
    expect(row?.body.length).toBeLessThan(1000)
    expect(JSON.parse(row?.body ?? '')).toMatchObject({ method: 'keycode' })
    const { event_id: id = '', body = '', secrets } = row ?? {}
    expect(unsealEvent(SECRETS, body, secrets ?? Buffer.alloc(0), WORKSPACE_ID, id)).toBe(json)
  })

  test('for a reason that nobody thought of, is stored without columns', async () => {
    await queryTest(db, `alter table events add constraint picky check (customer_key <> 'refused')`)
    const json = JSON.stringify(sampleEvent({ customer_key: 'refused' }))
    await ingestBatch(db, [parseEvent(json, WORKSPACE_ID)], 'webhook', SECRETS)
    await queryTest(db, 'alter table events drop constraint picky')
    expect(await rows()).toMatchObject([{ body: json, left_out: 'all columns: refused by the database' }])
    expect((await queryTest(db, 'select 1 from quarantine')).length).toBe(0)
  })

  test('that deletes a client session still does', async () => {
    const deletion = { event_type: 'client_session.deleted', client_session_id: randomUUID() }
    const json = deepText(sampleEvent(deletion), 60_000)
    await ingestBatch(db, [parseEvent(json, WORKSPACE_ID)], 'webhook', SECRETS)
    expect(await queryTest(db, 'select client_session_id from client_sessions')).toEqual([
      { client_session_id: deletion.client_session_id },
    ])
  })
})

describe('E10, I9: a column is filled from what is left of the event', () => {
  test.each<[string, Record<string, unknown>]>([
    ['a customer_key that is the code', { code: '73519462', customer_key: '73519462' }],
    ['a customer_key with the code in it', { code: '73519462', customer_key: 'guest-73519462' }],
    ['a customer_key that is the code in letters', { code: 'HOUSE', customer_key: 'house' }],
    ['a customer_key that an error repeats', { device_errors: ['code 73519462'], customer_key: '73519462' }],
    ['an event_type that is the code', { code: '73519462', event_type: '73519462' }],
    ['an event_type with the code in it', { code: '73519462', event_type: 'lock.73519462' }],
    ['an event_type in escapes', { code: 'a"b', event_type: 'a"b' }],
    ['a customer_key beside more than can be looked for', { codes: ids(2000), customer_key: 'guest' }],
  ])('%s is in none', async (_what, fields) => {
    const json = JSON.stringify(sampleEvent(fields))
    await ingestBatch(db, [parseEvent(json, WORKSPACE_ID)], 'webhook', SECRETS)
    const [row] = await rows()
    const { customer_key: key, event_type: type } = fields
    expect([row?.customer_key, row?.event_type]).not.toContain(key ?? type)
    expect(row?.body).not.toContain('73519462')
    expect(unsealEvent(SECRETS, row?.body ?? '', row?.secrets ?? Buffer.alloc(0), WORKSPACE_ID, row?.event_id ?? '')).toBe(json) // prettier-ignore
  })

  test('and other columns stay', async () => {
    const event = sampleEvent({ code: '73519462', customer_key: 'guest', device_id: randomUUID() })
    await ingestBatch(db, [parseEvent(JSON.stringify(event), WORKSPACE_ID)], 'webhook', SECRETS)
    expect(
      await queryTest(db, 'select customer_key, event_type, device_id::text, left_out from events'),
    ).toEqual([
      { customer_key: 'guest', event_type: 'lock.unlocked', device_id: event.device_id, left_out: null },
    ])
  })
})
