import { describe, expect, onTestFinished, test } from 'vitest'
import { parseEvent } from '../../src/domain/event.ts'
import { formatInstant } from '../../src/domain/instant.ts'
import { ingestBatch } from '../../src/ingest/ingest-batch.ts'
import { createLogger } from '../../src/observability/create-logger.ts'
import type { Poller } from '../../src/poller/start-poller.ts'
import { startWalk, takePage } from '../../src/walk/walk.ts'
import { MAX_PAGE_BYTES } from '../../src/seam/list-events-page.ts'
import { sliceArray } from '../../src/seam/slice-array.ts'
import { queryTest } from '../support/query-test.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { databaseClock } from '../support/database-clock.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { gatewayTo } from './gateway.ts'
import {
  DAY_AGO,
  DAY_MS,
  expectComplete,
  expectNoFalseClaim,
  HOUR_MS,
  micros,
  MINUTE_MS,
  pageRequests,
  type Rig,
  START_MS,
  startRig,
  storedEvents,
} from './poller-rig.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

const { database, db } = await databaseOfThisFile()
const databaseTime = await databaseClock(database)

const fill = ({ seam }: Rig, count: number) =>
  seam.fill({ count, from: START_MS - DAY_MS + MINUTE_MS, to: START_MS - MINUTE_MS })
const limitOf = (url: URL): number => Number(url.searchParams.get('limit'))

/** Runs until a run is complete. Pages that are too large make the first runs fail. */
async function pollUntilComplete(rig: Rig, poller: Poller): Promise<void> {
  for (let run = 0; run < 12; run++) {
    rig.clock.ms += MINUTE_MS
    await poller.pollNow()
    await expectNoFalseClaim(rig)
    if ((await rig.runs()).at(-1)?.outcome === 'complete') return
  }
  throw new Error('Still not complete.')
}

describe('F1: answers that are no list of events', () => {
  test.each([
    '{"events":[],"ok":false}',
    '{"events":[]}',
    '{"events":[],"ok":true,"error":{"type":"internal_server_error"}}',
  ])('F1, I6: 200 %s for a while: nothing is covered by it, and all events arrive', async (body) => {
    const rig = await startRig(db)
    fill(rig, 60)
    let isWrong = true
    const client = await gatewayTo(rig.seam, ({ response, date }) => {
      if (isWrong) response.setHeader('date', date).end(body)
      return isWrong
    })
    const poller = await rig.startPoller({ client })
    await poller.pollNow()
    await poller.pollNow()
    expect(await readCoverage(db, rig.workspaceId)).toEqual([])
    expect((await rig.runs()).at(-1)).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/Seam answered/),
    })
    isWrong = false
    await pollUntilComplete(rig, poller)
    expect((await storedEvents(rig)).size).toBe(60)
    await expectComplete(rig, DAY_AGO)
  })
})

describe('F7: an upstream that fails on large pages', () => {
  test.each([
    ['answers 504 with a page of HTML above 100 items', 100],
    ['answers 504 with a page of HTML above 7 items', 7],
    ['answers 504 with a page of HTML above one item', 1],
  ])('F7: that %s: everything is stored', async (_title, most) => {
    const rig = await startRig(db)
    const count = most === 1 ? 60 : 900
    fill(rig, count)
    const client = await gatewayTo(rig.seam, ({ url, response }) => {
      const isTooMuch = limitOf(url) > most
      if (isTooMuch)
        response.writeHead(504, { 'content-type': 'text/html' }).end('<html>504 Gateway Time-out</html>')
      return isTooMuch
    })
    await pollUntilComplete(rig, await rig.startPoller({ client }))
    expect((await storedEvents(rig)).size).toBe(count)
    await expectComplete(rig, DAY_AGO)
  })

  test('F7: because it falls silent above some size until the attempt is given up', async () => {
    const rig = await startRig(db)
    fill(rig, 300)
    const client = await gatewayTo(rig.seam, ({ url }) => limitOf(url) > 130, 2_000)
    await pollUntilComplete(rig, await rig.startPoller({ client }))
    expect((await storedEvents(rig)).size).toBe(300)
  })

  test('F7: because it cuts answers off above some size', async () => {
    const rig = await startRig(db)
    fill(rig, 300)
    const client = await gatewayTo(rig.seam, ({ url, body, date, response }) => {
      if (limitOf(url) <= 130) return false
      response.writeHead(200, { date, 'content-length': body.length })
      response.write(body.subarray(0, body.length / 2), () => response.destroy())
      return true
    })
    await pollUntilComplete(rig, await rig.startPoller({ client }))
    expect((await storedEvents(rig)).size).toBe(300)
  })

  test('F7, E16: because single events are too much for it beside others: every run makes pages, and none fails', async () => {
    const rig = await startRig(db)
    fill(rig, 300)
    for (let i = 0; i < 20; i++)
      rig.seam.add([
        { created_at: formatInstant(micros(START_MS - HOUR_MS * (1 + i))), padding: 'x'.repeat(60_000) },
      ])
    const client = await gatewayTo(rig.seam, ({ url, body, date, response }) => {
      if (limitOf(url) === 1 || body.length < 40_000) return false
      response.writeHead(200, { date, 'content-length': body.length })
      response.write(body.subarray(0, body.length / 2), () => response.destroy())
      return true
    })
    await pollUntilComplete(rig, await rig.startPoller({ client }))
    expect((await storedEvents(rig)).size).toBe(320)
    expect((await rig.runs()).map(({ outcome }) => outcome)).not.toContain('failed')
  })

  test('F7: the page size grows again as soon as full pages arrive', async () => {
    const rig = await startRig(db)
    fill(rig, 100)
    let isNarrow = true
    const limits: number[] = []
    const client = await gatewayTo(rig.seam, ({ url, response }) => {
      limits.push(limitOf(url))
      const isTooMuch = isNarrow && limitOf(url) > 50
      if (isTooMuch) response.writeHead(504).end()
      return isTooMuch
    })
    const poller = await rig.startPoller({ client })
    await pollUntilComplete(rig, poller)
    isNarrow = false
    limits.length = 0
    for (let i = 0; i < 40 && !limits.includes(500); i++) {
      rig.seam.emit(600)
      rig.clock.ms += MINUTE_MS
      await poller.pollNow()
    }
    expect(limits.at(-1)).toBe(500)
  })

  test('E16, I12: a page of more bytes than are read is asked for with fewer events, in the same run', async () => {
    const rig = await startRig(db)
    const size = 3 * 1024 * 1024
    expect(24 * size).toBeGreaterThan(64 * 1024 * 1024)
    rig.seam.add(
      Array.from({ length: 24 }, (_, i) => ({
        created_at: formatInstant(micros(START_MS - HOUR_MS + i * MINUTE_MS)),
        event_type: 'device.connected',
        padding: 'x'.repeat(size),
      })),
    )
    const poller = await rig.startPoller()
    await poller.pollNow()
    expect((await rig.runs()).map(({ outcome }) => outcome)).not.toContain('failed')
    await pollUntilComplete(rig, poller)
    expect((await storedEvents(rig)).size).toBe(24)
    const limits = pageRequests(rig.seam).map(({ params }) => Number(params.limit))
    expect(Math.min(...limits)).toBeLessThanOrEqual(MAX_PAGE_BYTES / size)
  })
})

test('E12: events of the years 1 and 9999 that a webhook brought do not lead to requests that Seam refuses', async () => {
  const rig = await startRig(db)
  const years = [
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999Z',
    '9999-01-01T00:00:00Z',
    '1970-01-01T00:00:00Z',
  ]
  const events = years.map((createdAt) =>
    parseEvent(
      JSON.stringify({
        event_id: crypto.randomUUID(),
        event_type: 'device.connected',
        created_at: createdAt,
      }),
      rig.workspaceId,
    ),
  )
  await ingestBatch(db, events, 'webhook', maskingSecrets())
  fill(rig, 700)
  const poller = await rig.startPoller()
  await pollUntilComplete(rig, poller)
  rig.seam.emit(20)
  await pollUntilComplete(rig, poller)
  const bounds = pageRequests(rig.seam).flatMap(
    ({ params }) => (params.between as string[]) ?? [params.since],
  )
  for (const bound of bounds) {
    expect(bound).toMatch(/^\d{4}-/)
    expect(Math.abs(Date.parse(bound) - START_MS)).toBeLessThan(3 * DAY_MS)
  }
  expect((await storedEvents(rig)).size).toBe(724)
  const covered = await readCoverage(db, rig.workspaceId)
  expect(covered).toHaveLength(1)
})

test('E12: listed events of the years 1 and 9999 are stored and prove nothing', async () => {
  const rig = await startRig(db)
  fill(rig, 50)
  rig.seam.add([{ created_at: '0001-01-01T00:00:00Z' }, { created_at: '9999-12-31T23:59:59.999999Z' }])
  const poller = await rig.startPoller()
  await pollUntilComplete(rig, poller)
  const covered = await readCoverage(db, rig.workspaceId)
  expect(covered.at(-1)?.to).toBeLessThan(micros(rig.clock.ms))
  expect(covered[0]?.from).toBeGreaterThanOrEqual(DAY_AGO - 1_000_000n)
})

test('E19: a page of 330,000 events is cut and walked like any other', () => {
  const count = 330_000
  const list = `{"events":[${Array.from({ length: count }, () => '{}').join(',')}],"ok":true}`
  expect(sliceArray(list, 'events')).toHaveLength(count)
  const from = micros(START_MS)
  const items = Array.from({ length: count }, (_, i) => ({
    eventId: String(i),
    createdAt: from + BigInt(count - i) * 1000n,
  }))
  const horizon = from + 400_000_000n
  const { proven, state } = takePage(startWalk({ from, to: horizon }), { items, listedCount: count, horizon })
  expect(proven).toHaveLength(1)
  expect(takePage(state, { items: [], listedCount: 0, horizon }).proven).toHaveLength(1)
})

describe('F17: what is not UTF-8', () => {
  test('F17, I11: a listed item goes to quarantine with its bytes, as a webhook does, and the rest of the page is stored', async () => {
    const rig = await startRig(db)
    fill(rig, 20)
    const [odd] = rig.seam.add([
      {
        event_type: 'device.connected',
        created_at: formatInstant(micros(START_MS - 2 * HOUR_MS)),
        message: 'caf@',
      },
    ])
    rig.seam.add([
      {
        event_type: 'device.connected',
        created_at: formatInstant(micros(START_MS - 3 * HOUR_MS)),
        message: 'Zürich €',
      },
    ])
    const client = await gatewayTo(rig.seam, ({ body, date, response }) => {
      const latin1 = body.toString('latin1').replace('caf@', 'caf\xe9')
      response.setHeader('date', date).end(Buffer.from(latin1, 'latin1'))
      return true
    })
    const poller = await rig.startPoller({ client })
    await poller.pollNow()
    const kept = await queryTest<{ reason: string; body: Buffer }>(
      db,
      'select reason, body from quarantine where workspace_id = $1',
      [rig.workspaceId],
    )
    expect(kept).toHaveLength(1)
    expect(kept[0]?.reason).toBe('not_utf8')
    expect(kept[0]?.body.includes(Buffer.from('caf\xe9', 'latin1'))).toBe(true)
    const stored = await storedEvents(rig)
    expect(stored.size).toBe(21)
    expect(stored.has(odd?.event_id ?? '')).toBe(false)
    const [other] = await queryTest<{ body: string }>(
      db,
      `select body::text as body from events where workspace_id = $1 and body->>'message' like 'Z%'`,
      [rig.workspaceId],
    )
    expect(other?.body).toContain('Zürich €')
    expect((await readCoverage(db, rig.workspaceId)).length, 'it does not hold up coverage').toBeGreaterThan(
      0,
    )
  })
})

describe('F17: no Date at all', () => {
  test('F17, I6: the log says so, gaps are read once an hour and not at each run, and the newest events are still stored', async () => {
    const lines: string[] = []
    const logger = createLogger('info', { write: (line) => void lines.push(line) })
    const rig = await startRig(db, { faults: { omitDateHeader: true, pageCap: 50 } })
    fill(rig, 1000)
    await databaseTime.set(rig.clock.ms)
    onTestFinished(() => databaseTime.set(null))
    const poller = await rig.startPoller({ logger })
    await poller.pollNow()
    expect((await storedEvents(rig)).size, 'read once').toBe(1000)
    const before = rig.pagesAsked()
    for (let run = 0; run < 5; run++) {
      rig.clock.ms += MINUTE_MS
      await databaseTime.set(rig.clock.ms)
      rig.seam.emit(2)
      await poller.pollNow()
    }
    expect(rig.pagesAsked() - before).toBeLessThan(30)
    expect((await storedEvents(rig)).size).toBe(1010)
    expect(await readCoverage(db, rig.workspaceId)).toEqual([])
    expect(lines.filter((line) => line.includes('no Date header'))).toHaveLength(1)
    expect((await rig.runs()).at(-1)?.outcome).toBe('partial')

    const quiet = rig.pagesAsked()
    rig.clock.ms += HOUR_MS
    await databaseTime.set(rig.clock.ms)
    await poller.pollNow()
    expect(rig.pagesAsked() - quiet, 'after an hour').toBeGreaterThan(20)
    rig.seam.setFaults({ omitDateHeader: false })
    await databaseTime.set(null)
    await pollUntilComplete(rig, poller)
    await expectComplete(rig, DAY_AGO)
  })
})

test('B9: the end of the backfill is logged once', async () => {
  const lines: string[] = []
  const logger = createLogger('info', { write: (line) => void lines.push(line) })
  const rig = await startRig(db, { faults: { pageCap: 50 } })
  fill(rig, 300)
  const poller = await rig.startPoller({ logger })
  await pollUntilComplete(rig, poller)
  await pollUntilComplete(rig, poller)
  const said = lines.map((line) => JSON.parse(line) as { msg: string; pages: number; eventsNew: number })
  const finished = said.filter(({ msg }) => msg === 'backfill finished')
  expect(finished).toHaveLength(1)
  expect(finished[0]?.eventsNew).toBe(300)
  expect(finished[0]?.pages).toBeGreaterThan(5)
})
