import fc from 'fast-check'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from 'kysely'
import { parseEvent } from '../../../src/domain/event.ts'
import { ingestInTransaction } from '../../../src/ingest/ingest-batch.ts'
import { decodeArrivalCursor, encodeArrivalCursor } from '../../../src/store/events/arrival-cursor.ts'
import { readArrivals } from '../../../src/store/events/read-arrivals.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'
import { exportPages } from '../../../src/export/export-pages.ts'
import { readExportClaim } from '../../../src/api/events/export-claim.ts'
import { windowBetween } from '../../../src/domain/completeness.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { readNdjson } from './export-lines.ts'
import { type QueryServer, startQueryServer } from './query-server.ts'

let server: QueryServer
beforeAll(async () => {
  server = await startQueryServer()
})
afterAll(() => server.stop())

/** An event at a random second, so that it belongs anywhere in the export. */
const anyEvent = (second: number) =>
  sampleEvent({ created_at: new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString() })
type AnyEvent = ReturnType<typeof anyEvent>

async function open(events: readonly AnyEvent[]) {
  const trx = await server.db.startTransaction().execute()
  const items = events.map((event) => parseEvent(JSON.stringify(event), WORKSPACE_ID))
  await ingestInTransaction(trx, items, 'poll', maskingSecrets())
  return trx
}

/** What a follower sees from this cursor on, until it has seen all of these: other tests' transactions hold it back as well. */
async function follow(cursor: string, wanted: readonly string[]): Promise<Set<string>> {
  const seen = new Set<string>()
  let after = decodeArrivalCursor(cursor)
  for (;;) {
    const page = await readArrivals(server.db, { workspaceId: WORKSPACE_ID, after, limit: 100 })
    for (const { body } of page.events) seen.add((JSON.parse(body) as AnyEvent).event_id)
    after = page.cursor
    if (page.events.length > 0) continue
    if (wanted.every((id) => seen.has(id))) return seen
    await setTimeout(10)
  }
}

interface Step {
  kind: 'store' | 'open' | 'commit' | 'roll_back' | 'page'
  seconds: number[]
}

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('store', 'open', 'open', 'commit', 'roll_back', 'page', 'page'),
    seconds: fc.array(fc.nat(100), { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 4, maxLength: 25 },
)

test('I8: an export and the arrivals from its cursor lack nothing, however transactions overlap with its pages', async () => {
  const holds = fc.asyncProperty(steps, steps, async (before, during) => {
    await sql`truncate events`.execute(server.db)
    const committed = new Set<string>()
    const running: { trx: Awaited<ReturnType<typeof open>>; ids: string[] }[] = []
    const step = async ({ kind, seconds }: Step): Promise<void> => {
      const events = seconds.map(anyEvent)
      const ids = events.map((event) => event.event_id)
      if (kind === 'store') {
        await server.store(events)
        for (const id of ids) committed.add(id)
      }
      if (kind === 'open' && running.length < 4) running.push({ trx: await open(events), ids })
      if (kind !== 'commit' && kind !== 'roll_back') return
      const [chosen] = running.splice((seconds[0] ?? 0) % Math.max(1, running.length), 1)
      if (chosen === undefined) return
      if (kind === 'roll_back') await chosen.trx.rollback().execute()
      else {
        await chosen.trx.commit().execute()
        for (const id of chosen.ids) committed.add(id)
      }
    }
    for (const each of before) await step(each)
    const window = windowBetween(0n, undefined)
    const { cursor } = await readExportClaim(server.db, WORKSPACE_ID, window)
    const query = { workspaceId: WORKSPACE_ID, visibility: { kind: 'all' }, filters: [], after: 0n } as const
    // Pages of two events, so that most of the steps fall between pages.
    const db: typeof server.db = Object.create(server.db, {
      queryTexts: {
        value: (statement: Parameters<typeof server.db.queryTexts>[0]) =>
          server.db.queryTexts(statement, 900),
      },
    })
    const pages = exportPages({ db, query, following: undefined, ask: (work) => work() })
    const exported = new Set<string>()
    const page = async (): Promise<boolean> => {
      const { value, done } = await pages.next()
      for (const { body } of value?.events ?? []) exported.add((JSON.parse(body) as AnyEvent).event_id)
      return done === true
    }
    for (const each of during) await (each.kind === 'page' ? page() : step(each))
    while (!(await page()));
    for (const { trx, ids } of running) {
      await trx.commit().execute()
      for (const id of ids) committed.add(id)
    }
    const missing = [...committed].filter((id) => !exported.has(id))
    const followed = await follow(encodeArrivalCursor(cursor), missing)
    expect([...committed].filter((id) => !exported.has(id) && !followed.has(id))).toEqual([])
    expect([...exported].filter((id) => !committed.has(id))).toEqual([])
  })
  expect(await fc.check(holds, { numRuns: 40 })).toMatchObject({ failed: false, error: null })
}, 240_000)

test('I8: what a transaction brings that began before an export and ended after it comes from the cursor', async () => {
  await sql`truncate events`.execute(server.db)
  const late = anyEvent(50)
  const trx = await open([late])
  // Later transactions that have ended are ahead of the one that is still running.
  await server.store([anyEvent(10), anyEvent(90)])
  const { ids, mark } = readNdjson(await (await server.get('/v1/events/export?since=2025-01-01')).text())
  expect(ids.length).toBe(2)
  await trx.commit().execute()
  expect(await follow(mark.cursor, [late.event_id])).toContain(late.event_id)
  const lowest = sampleEvent({ event_id: '00000000-0000-0000-0000-000000000000' })
  const after = readNdjson(await (await server.get('/v1/events/export?since=2025-01-01')).text())
  await server.store([lowest])
  expect(await follow(after.mark.cursor, [lowest.event_id])).toContain(lowest.event_id)
  expect(after.ids).toContain(late.event_id)
})
