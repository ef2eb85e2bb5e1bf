import { SeamHttp } from '@seamapi/http'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { issueKey } from '../../src/access/issue-key.ts'
import { type SimulatedSeam, startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { startTestApp, type TestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

type ListParams = NonNullable<Parameters<SeamHttp['events']['list']>[0]>

const DAY_MS = 86_400_000
const NOW = Date.now()
const FROM = NOW - 3 * DAY_MS
const { database } = await databaseOfThisFile()
let seam: SimulatedSeam
let app: TestApp
/** Seam's own client, once for Seam and once for the mirror. Only the endpoint and the key differ. */
let upstream: SeamHttp
let mirror: SeamHttp

beforeAll(async () => {
  // No maximum is published; this one is the mirror's.
  seam = await startSimulatedSeam({ seed: 11, faults: { pageCap: 1000 } })
  // No two events share a moment, because the order in which Seam lists the events of one instant is not known.
  seam.fill({ count: 1500, from: FROM, to: NOW - 60_000 })
  app = await startTestApp(database.url, {
    SEAM_ENDPOINT: seam.url,
    SEAM_MIRROR_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
    SEAM_API_KEY: seam.apiKey,
    SEAM_MIRROR_BACKFILL_SINCE: '4d',
  })
  await app.pollers[0]?.pollNow()
  upstream = SeamHttp.fromApiKey(seam.apiKey, { endpoint: seam.url })
  const { key } = await issueKey(app.db, {
    kind: 'api_key',
    name: 'a dashboard that shows door codes',
    workspaceIds: [],
    scopes: ['events:read', 'secrets:read'],
    expires: null,
    now: new Date(),
  })
  mirror = SeamHttp.fromApiKey(key, { endpoint: app.url })
})
afterAll(async () => {
  await app.stop()
  await seam.stop()
})

test("Seam's own SDK lists from the mirror what it lists from Seam", async () => {
  const all = await mirror.events.list({ since: new Date(FROM - 1).toISOString(), limit: 1000 })
  expect(all.length).toBe(1000)
  expect(all).toEqual(await upstream.events.list({ since: new Date(FROM - 1).toISOString(), limit: 1000 }))
})

test('The SDK gets the same answers from both for 300 generated queries', async () => {
  const events = seam.events()
  const instants = fc.oneof(
    fc.integer({ min: FROM - DAY_MS, max: NOW }),
    // Exactly at an event: bounds are exclusive.
    fc.constantFrom(...events).map(({ created_at }) => Date.parse(created_at)),
  )
  const text = instants.map((ms) => new Date(ms).toISOString())
  const since = text.map((at): ListParams => ({ since: at }))
  const between = fc
    .tuple(instants, instants)
    .filter(([a, b]) => a !== b)
    .map(([a, b]): ListParams => ({
      between: [new Date(Math.min(a, b)).toISOString(), new Date(Math.max(a, b)).toISOString()],
    }))
  const values = (field: string): string[] => [
    ...new Set(events.flatMap((event) => event[field]).filter((value) => typeof value === 'string')),
    '99999999-9999-4999-8999-999999999999',
  ]
  const one = (field: string) => fc.constantFrom(...values(field))
  const many = (field: string) => fc.array(one(field), { maxLength: 6 })
  const filters = fc.oneof(
    fc.constant({}),
    fc.record(
      {
        device_id: one('device_id'),
        device_ids: many('device_id'),
        connected_account_id: one('connected_account_id'),
        event_type: one('event_type'),
        event_types: many('event_type'),
        event_ids: many('event_id'),
        access_code_id: one('access_code_id'),
        access_code_ids: many('access_code_id'),
        acs_system_id: one('acs_system_id'),
        acs_system_ids: many('acs_system_id'),
        acs_entrance_id: one('acs_entrance_id'),
        access_grant_id: one('access_grant_id'),
        access_method_id: one('access_method_id'),
        connect_webview_id: one('connect_webview_id'),
        customer_key: one('customer_key'),
      },
      { requiredKeys: [] },
    ),
    // A single filter finds something more often than several do.
    fc
      .constantFrom('device_id', 'event_type', 'connected_account_id', 'access_code_id')
      .chain((field) => one(field).map((value) => ({ [field]: value }))),
    many('device_id').map((device_ids) => ({ device_ids })),
    many('event_type').map((event_types) => ({ event_types })),
  )
  const paging = fc.record(
    { limit: fc.integer({ min: 1, max: 1000 }), unstable_offset: fc.integer({ min: 0, max: 1600 }) },
    { requiredKeys: [] },
  )
  const queries = fc
    .tuple(fc.oneof(since, between), filters, paging)
    .map(([time, filter, page]) => ({ ...time, ...filter, ...page }) as ListParams)

  let withEvents = 0
  const agrees = fc.asyncProperty(queries, async (params) => {
    const [theirs, ours] = await Promise.all([upstream.events.list(params), mirror.events.list(params)])
    expect(ours).toEqual(theirs)
    if (ours.length > 0) withEvents += 1
  })
  const result = await fc.check(agrees, { numRuns: 300 })
  expect(result.failed ? fc.defaultReportMessage(result) : null).toBe(null)
  expect(withEvents, 'queries that find something').toBeGreaterThan(40)
})

test('The SDK gets every single event from both alike', async () => {
  for (const { event_id } of seam.events().filter((_, i) => i % 100 === 0)) {
    expect(await mirror.events.get({ event_id })).toEqual(await upstream.events.get({ event_id }))
  }
})
