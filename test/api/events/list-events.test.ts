import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EVENT_FIELDS } from '../../../src/domain/event-fields.ts'
import { WORKSPACE_ID } from '../../support/sample-event.ts'
import { iso, isoElsewhere } from './iso.ts'
import { listedIds, type QueryServer, startQueryServer } from './query-server.ts'

const OTHER_WORKSPACE_ID = '5f0c2f8e-3c0a-4a53-9b57-3c1f1d3a9e10'
const SOME_MICROS = BigInt(Date.UTC(2026, 5, 15, 12)) * 1000n
const EVENT_COUNT = 400

/** A few values for each field, so that filters match some events and not others. */
function valuesOf(field: string): string[] {
  if (field === 'customer_key') return ['customer-1', 'customer-2', 'ключ']
  if (field === 'event_type') return ['lock.locked', 'lock.unlocked', 'device.connected', 'nobody.knows_this']
  const n = ['event_type', ...EVENT_FIELDS.map(({ one }) => one)].indexOf(field).toString().padStart(2, '0')
  return [1, 2, 3].map((i) => `000000${n}-0000-4000-8000-00000000000${i}`)
}

/** 40 instants, most of them within one millisecond: some are equal, and others differ only in microseconds. */
const arbitraryMicros = fc
  .oneof(
    fc.integer({ min: 0, max: 30 }),
    fc.integer({ min: -5, max: 4 }).map((n) => n * 1_000_003),
  )
  .map((offset) => SOME_MICROS + BigInt(offset))

interface Generated {
  micros: bigint
  event: Record<string, unknown>
}

const arbitraryEvent: fc.Arbitrary<Generated> = fc
  .record({
    event_id: fc.uuid(),
    micros: arbitraryMicros,
    elsewhere: fc.boolean(),
    event_type: fc.constantFrom(...valuesOf('event_type')),
    fields: fc.record(
      Object.fromEntries(EVENT_FIELDS.map(({ one }) => [one, fc.constantFrom(...valuesOf(one))])),
      { requiredKeys: [] },
    ),
    grants: fc.option(fc.subarray(valuesOf('access_grant_id')), { nil: undefined }),
    entrances: fc.option(fc.subarray(valuesOf('acs_entrance_id')), { nil: undefined }),
  })
  .map(({ event_id, micros, elsewhere, event_type, fields, grants, entrances }) => ({
    micros,
    event: {
      event_id,
      event_type,
      workspace_id: WORKSPACE_ID,
      created_at: elsewhere ? isoElsewhere(micros) : iso(micros),
      ...fields,
      ...(grants && { access_grant_ids: grants }),
      ...(entrances && { acs_entrance_ids: entrances }),
    },
  }))

const [generated = []] = fc.sample(
  fc.uniqueArray(arbitraryEvent, {
    minLength: EVENT_COUNT,
    maxLength: EVENT_COUNT,
    selector: ({ event }) => event.event_id,
  }),
  { numRuns: 1, seed: 20260615 },
)

interface Query {
  since?: string
  between?: [string, string]
  limit?: number
  unstable_offset?: number
  [filter: string]: unknown
}

/** The answer that `/events/list` must give, computed as plainly as possible. */
function expectedIds(query: Query, bounds: { after: bigint; before?: bigint }): string[] {
  const matches = ({ micros, event }: Generated): boolean =>
    micros > bounds.after &&
    (bounds.before === undefined || micros < bounds.before) &&
    anyOf(query.event_type, [event.event_type]) &&
    anyOf(query.event_types, [event.event_type]) &&
    anyOf(query.event_ids, [event.event_id]) &&
    EVENT_FIELDS.every(
      ({ from, one, many }) =>
        anyOf(
          query[one],
          from.flatMap((name) => event[name]),
        ) &&
        (many === undefined ||
          anyOf(
            query[many.parameter],
            from.flatMap((name) => event[name]),
          )),
    )
  const offset = query.unstable_offset ?? 0
  return generated
    .filter(matches)
    .toSorted(newestFirst)
    .slice(offset, offset + (query.limit ?? 500))
    .map(({ event }) => String(event.event_id))
}

function newestFirst(a: Generated, b: Generated): number {
  return Number(b.micros - a.micros) || (String(a.event.event_id) < String(b.event.event_id) ? -1 : 1)
}

function anyOf(wanted: unknown, actual: readonly unknown[]): boolean {
  return wanted === undefined || [wanted].flat().some((value) => actual.includes(value))
}

let server: QueryServer
beforeAll(async () => {
  server = await startQueryServer()
  await server.store(generated.map(({ event }) => event))
  // The same events in another workspace: none of them may ever be seen.
  const foreign = generated.map(({ event }) => ({
    ...event,
    event_id: crypto.randomUUID(),
    workspace_id: OTHER_WORKSPACE_ID,
  }))
  await server.store(foreign, OTHER_WORKSPACE_ID)
})
afterAll(() => server.stop())

const LONG_AGO = { query: { since: '2020-01-01' }, bounds: { after: 0n } }

const FILTERS: [string, string, boolean][] = [
  ['event_type', 'event_type', false],
  ['event_types', 'event_type', true],
  ...EVENT_FIELDS.flatMap(({ one, many }): [string, string, boolean][] => [
    [one, one, false],
    ...(many ? ([[many.parameter, one, true]] as [string, string, boolean][]) : []),
  ]),
]

test.each(FILTERS)(
  'The filter %s finds the events that have its value, and no other',
  async (parameter, field, isList) => {
    const [first = '', second = ''] = valuesOf(field)
    const values = isList ? [[first], [first, second], [first, first.toUpperCase()], []] : [first]
    for (const value of values) {
      const query = { ...LONG_AGO.query, [parameter]: value }
      const expected = expectedIds(query, LONG_AGO.bounds)
      expect(await listedIds(await server.post('/events/list', query))).toEqual(expected)
      expect(expected.length > 0).toBe(value.length > 0)
    }
  },
)

test('The filter event_ids finds exactly those events, and a value that no event has finds none', async () => {
  const ids = generated.slice(0, 7).map(({ event }) => event.event_id as string)
  const query = { ...LONG_AGO.query, event_ids: [...ids, crypto.randomUUID()] }
  const listed = await listedIds(await server.post('/events/list', query))
  expect(new Set(listed)).toEqual(new Set(ids))
  expect(listed).toHaveLength(ids.length)
  for (const filter of [
    { device_id: crypto.randomUUID() },
    { event_types: ['not.a_type'] },
    { event_type: 'x' },
  ]) {
    expect(await listedIds(await server.post('/events/list', { ...LONG_AGO.query, ...filter }))).toEqual([])
  }
})

const arbitraryFilters = fc
  .subarray(
    FILTERS.map(([parameter, field, isList]) => ({ parameter, field, isList })),
    { maxLength: 3 },
  )
  .chain((filters) =>
    fc.record(
      Object.fromEntries(
        filters.map(({ parameter, field, isList }) => [
          parameter,
          isList ? fc.subarray(valuesOf(field), { minLength: 1 }) : fc.constantFrom(...valuesOf(field)),
        ]),
      ),
    ),
  )

test('Whatever the filters, bounds, limit and offset, the list is what a plain filter over all events gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        filters: arbitraryFilters,
        lower: arbitraryMicros,
        upper: fc.option(arbitraryMicros, { nil: undefined }),
        page: fc.record(
          { limit: fc.integer({ min: 1, max: 60 }), unstable_offset: fc.integer({ min: 0, max: 60 }) },
          { requiredKeys: [] },
        ),
        spell: fc.constantFrom(iso, isoElsewhere),
      }),
      async ({ filters, lower, upper, page, spell }) => {
        fc.pre(upper === undefined || lower < upper)
        const time =
          upper === undefined
            ? { since: spell(lower) }
            : { between: [spell(lower), spell(upper)] as [string, string] }
        const query: Query = { ...filters, ...time, ...page }
        const expected = expectedIds(query, { after: lower, ...(upper !== undefined && { before: upper }) })
        expect(await listedIds(await server.post('/events/list', query))).toEqual(expected)
        expect(await listedIds(await server.get(`/events/list?${asQuery(query)}`))).toEqual(expected)
      },
    ),
    { numRuns: 150 },
  )
})

/** Writes a query as the SDKs do. */
function asQuery(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((item): [string, string] => [name, String(item)]),
  )
  return new URLSearchParams([...pairs, ['_strict', 'true']]).toString()
}

test('Ten thousand device ids are one filter like any other', async () => {
  const [known = ''] = valuesOf('device_id')
  const ids = Array.from({ length: 9_999 }, () => crypto.randomUUID())
  const query = { ...LONG_AGO.query, device_ids: [...ids, known] }
  const expected = expectedIds({ device_ids: [known] }, LONG_AGO.bounds)
  const response = await server.post('/events/list', query)
  expect(await listedIds(response)).toEqual(expected)
})
