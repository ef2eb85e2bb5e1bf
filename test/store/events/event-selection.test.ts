import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EVENT_FIELDS } from '../../../src/domain/event-fields.ts'
import { parseEvent } from '../../../src/domain/event.ts'
import { formatInstant, parseInstant } from '../../../src/domain/instant.ts'
import { ingestBatch } from '../../../src/ingest/ingest-batch.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'
import { type EventSelection, selectionOf } from '../../../src/store/events/event-selection.ts'
import { readArrivals, readSelectableArrivals } from '../../../src/store/events/read-arrivals.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'

const { db } = await databaseOfThisFile()

const ids = Array.from({ length: 4 }, (_, n) => `abcdef00-0000-4000-8000-00000000000${n}`)
const texts = ['lock.unlocked', 'Lock.Unlocked', 'ähre', "o'clock", '{a,b}', 'null', '\u{1F511}']
const BASE = parseInstant('2026-06-15T16:54:17.946309Z') ?? 0n

const anyId = fc.constantFrom(...ids)
/** As a caller may spell it. */
const spelledId = anyId.chain((id) => fc.constantFrom(id, id.toUpperCase()))
const anyInstant = fc.bigInt(-2n, 2n).map((by) => BASE + by)

const anyEvent = fc.record(
  {
    created_at: anyInstant.map(formatInstant),
    event_type: fc.constantFrom(...texts),
    ...Object.fromEntries(
      EVENT_FIELDS.flatMap(({ type, from }) =>
        from.map((name) => {
          if (type === 'text') return [name, fc.constantFrom(...texts)]
          const isArray = type === 'uuid[]' && name.endsWith('s')
          return [name, isArray ? fc.array(spelledId, { maxLength: 3 }) : spelledId]
        }),
      ),
    ),
  },
  { requiredKeys: ['created_at', 'event_type'] },
)

const anyFilter = fc.constantFrom(...EVENT_FIELDS, null, undefined).chain((field) => {
  if (field === undefined)
    return fc.record({
      column: fc.constant('event_type'),
      values: fc.array(fc.constantFrom(...texts, 'other'), { maxLength: 3 }),
    })
  if (field === null)
    return fc.record({ column: fc.constant('event_id'), values: fc.array(fc.constantFrom('0', '1', '2')) })
  const value = field.type === 'text' ? fc.constantFrom(...texts, 'other') : spelledId
  return fc.record({ column: fc.constant(field.column), values: fc.array(value, { maxLength: 3 }) })
})

const anySelection = fc.record({
  visibility: fc.oneof(
    fc.constant({ kind: 'all' as const }),
    fc.record({
      kind: fc.constant('only' as const),
      connectedAccountIds: fc.array(fc.oneof(spelledId, fc.constant('no id')), { maxLength: 2 }),
      connectWebviewIds: fc.array(fc.oneof(spelledId, fc.constant('no id')), { maxLength: 2 }),
    }),
  ),
  filters: fc.array(anyFilter, { maxLength: 2 }),
  createdAfter: fc.option(anyInstant, { nil: undefined }),
})

test('I10: a selection means the same in memory as in SQL: filters, the visibility of client sessions, the time', async () => {
  let selected = 0
  let passedBy = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyEvent, { minLength: 1, maxLength: 8 }),
      fc.array(anySelection, { minLength: 8, maxLength: 8 }),
      async (events, selections) => {
        const workspaceId = randomUUID()
        const stored = events.map((event) => ({
          ...event,
          event_id: randomUUID(),
          workspace_id: workspaceId,
        }))
        await ingestBatch(
          db,
          stored.map((event) => parseEvent(JSON.stringify(event), workspaceId)),
          'webhook',
          maskingSecrets(),
        )
        const query = { workspaceId, after: null, limit: 100 }
        const all = await readUntilSettled(() => readSelectableArrivals(db, query), stored.length)
        for (const generated of selections) {
          const selection: EventSelection = {
            ...generated,
            filters: generated.filters.map(({ column, values }) => ({
              column,
              values:
                column === 'event_id'
                  ? values.map((n) => stored[Number(n)]?.event_id ?? randomUUID())
                  : values,
            })),
          }
          const inSql = await readArrivals(db, { ...query, selection })
          const inMemory = all.events.filter(selectionOf(selection))
          expect(inMemory.map(({ eventId }) => eventId)).toEqual(inSql.events.map(({ eventId }) => eventId))
          // What is not selected is passed by all the same.
          expect(inSql.cursor).toEqual(all.cursor)
          selected += inMemory.length
          passedBy += all.events.length - inMemory.length
        }
      },
    ),
    { numRuns: 60 },
  )
  expect(selected).toBeGreaterThan(100)
  expect(passedBy).toBeGreaterThan(100)
})

/** Transactions of other test files on the same server hold readers back. */
async function readUntilSettled<Page extends { events: unknown[] }>(
  read: () => Promise<Page>,
  count: number,
): Promise<Page> {
  for (;;) {
    const page = await read()
    if (page.events.length === count) return page
  }
}
