import { expect, onTestFinished, test } from 'vitest'
import type { Poller } from '../../src/poller/start-poller.ts'
import { queryTest } from '../support/query-test.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { databaseClock } from '../support/database-clock.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import {
  DAY_AGO,
  DAY_MS,
  expectComplete,
  expectCovered,
  expectNoFalseClaim,
  horizonOf,
  HOUR_MS,
  micros,
  MINUTE_MS,
  pageRequests,
  type Rig,
  START_MS,
  startRig,
  storedEvents,
} from './poller-rig.ts'

const { database, db } = await databaseOfThisFile()
const databaseTime = await databaseClock(database)

const fill = ({ seam }: Rig, count: number, { from = DAY_MS, to = MINUTE_MS } = {}): void =>
  void seam.fill({ count, from: START_MS - from, to: START_MS - to })

type Params = Record<string, unknown>
/** The bounds of a request, in Unix milliseconds. */
const lower = ({ since, between }: Params): number =>
  Date.parse((since ?? (between as string[])[0]) as string)
const upper = ({ between }: Params): number =>
  between === undefined ? Number.POSITIVE_INFINITY : Date.parse((between as [string, string])[1])

test('The backfill reaches down to an instant, and no further', async () => {
  const rig = await startRig(db, { backfillSince: { kind: 'instant', at: micros(START_MS - 3 * DAY_MS) } })
  fill(rig, 1200, { from: 3 * DAY_MS - HOUR_MS })
  const old = rig.seam.fill({ count: 50, from: START_MS - 9 * DAY_MS, to: START_MS - 4 * DAY_MS })
  const poller = await rig.startPoller()
  await poller.pollNow()
  await expectNoFalseClaim(rig)
  await expectCovered(rig, micros(START_MS - 3 * DAY_MS))
  const stored = await storedEvents(rig)
  expect(stored.size).toBe(1200)
  expect(old.filter(({ event_id }) => stored.has(event_id))).toEqual([])
})

test('The backfill reaches back by a duration, by the clock of Seam', async () => {
  const rig = await startRig(db, { backfillSince: { kind: 'ago', duration: 2n * 86_400n * 1_000_000n } })
  fill(rig, 700, { from: 2 * DAY_MS - HOUR_MS })
  const poller = await rig.startPoller()
  await poller.pollNow()
  await expectComplete(rig, micros(START_MS - 2 * DAY_MS))
  expect((await readCoverage(db, rig.workspaceId))[0]?.from).toBeLessThanOrEqual(
    micros(START_MS - 2 * DAY_MS),
  )
})

test('A start of the backfill that is moved further back is reached as well, without reading again what is covered', async () => {
  const rig = await startRig(db)
  fill(rig, 1500)
  rig.seam.fill({ count: 900, from: START_MS - 5 * DAY_MS, to: START_MS - 2 * DAY_MS })
  const first = await rig.startPoller()
  await first.pollNow()
  // An answer that takes longer than the one before it proves less (I6): while Seam's clock stands still, that may leave a hole
  // of some milliseconds at the end of coverage, which would cost the second poller two pages more.
  rig.clock.ms += MINUTE_MS
  await first.pollNow()
  await expectCovered(rig, DAY_AGO)
  await first.stop()

  const asked = rig.pagesAsked()
  const five = micros(START_MS - 5 * DAY_MS)
  const second = await rig.startPoller({ backfillSince: { kind: 'instant', at: five } })
  await second.pollNow()
  await expectComplete(rig, five)
  // 900 events are two pages; the rest finds the end, and each of the two runs looks at the live edge.
  expect(rig.pagesAsked() - asked).toBeLessThanOrEqual(7)
})

test('A poller that is stopped in the middle of a backfill leaves it to the next one, which repeats a page at most', async () => {
  const whole = await startRig(db, { faults: { pageCap: 50 } })
  fill(whole, 1000)
  await (await whole.startPoller()).pollNow()
  await expectComplete(whole, DAY_AGO)

  let poller: Poller | null = null
  let stopped: Promise<void> | null = null
  let pages = 0
  const rig = await startRig(db, {
    faults: {
      pageCap: () => {
        pages += 1
        if (pages === 9) stopped = poller?.stop() ?? null
        return 50
      },
    },
  })
  fill(rig, 1000)
  poller = await rig.startPoller()
  await expect.poll(() => stopped).not.toBeNull()
  await (stopped as unknown as Promise<void>)
  await expectNoFalseClaim(rig)
  const stored = (await storedEvents(rig)).size
  expect(stored, 'what was read is kept').toBeGreaterThanOrEqual(5 * 50)
  expect(stored).toBeLessThan(1000)
  expect(rig.pagesAsked(), 'the poller asks for nothing more').toBe(9)
  expect((await readCoverage(db, rig.workspaceId)).length, 'the pages are proven').toBeGreaterThan(0)

  const second = await rig.startPoller()
  await second.pollNow()
  await expectComplete(rig, DAY_AGO)
  // Twenty pages hold events; beside them there are looks at the live edge, and at the end of the backfill.
  expect(rig.pagesAsked() - whole.pagesAsked()).toBeLessThanOrEqual(7)
})

test('The live edge is refreshed while a long backfill runs, and the backfill goes on although a tick is always due', async () => {
  let poller: Poller | null = null
  const rig = await startRig(db, {
    faults: {
      // Every request finds that the schedule has fired again, with something new at the live edge.
      pageCap: () => {
        rig.clock.ms += 1000
        if (rig.pagesAsked() % 3 === 0) rig.seam.emit(1)
        void poller?.pollNow()
        return 50
      },
    },
  })
  fill(rig, 1500)
  poller = await rig.startPoller()
  await expect
    .poll(async () => (await readCoverage(db, rig.workspaceId))[0]?.from)
    .toBeLessThanOrEqual(DAY_AGO)
  const requests = pageRequests(rig.seam)
  const live = requests.filter(({ params }) => params.since !== undefined)
  expect(live.length, 'looks at the live edge').toBeGreaterThan(20)
  expect(requests.length - live.length, 'pages of the backfill').toBeGreaterThan(25)
  await expectNoFalseClaim(rig)
  rig.seam.setFaults({ pageCap: 50 })
  rig.clock.ms += MINUTE_MS
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
})

test('After an outage of days the newest is read first, and then the gap, newest first', async () => {
  const rig = await startRig(db)
  fill(rig, 300)
  const first = await rig.startPoller()
  await first.pollNow()
  await first.stop()
  const before = rig.pagesAsked()
  const outage = horizonOf(rig)

  rig.clock.ms += 4 * DAY_MS
  await databaseTime.set(rig.clock.ms)
  onTestFinished(() => databaseTime.set(null))
  rig.seam.fill({ count: 2600, from: START_MS, to: rig.clock.ms })
  const second = await rig.startPoller()
  await second.pollNow()
  await expectComplete(rig, DAY_AGO)

  const asked = pageRequests(rig.seam).slice(before)
  expect(lower(asked[0]?.params ?? {}), 'the first look is at the last hour').toBeGreaterThan(
    rig.clock.ms - 1.1 * HOUR_MS,
  )
  const gapPages = asked.filter(({ params }) => upper(params) < rig.clock.ms - 0.9 * HOUR_MS)
  const uppers = gapPages.map(({ params }) => upper(params))
  expect(uppers.length).toBeGreaterThanOrEqual(5)
  expect(uppers, 'newest first').toEqual(uppers.toSorted((a, b) => b - a))
  expect(
    asked.every(({ params }) => lower(params) >= Number(outage / 1000n) - 60_000 * 60),
    'what was covered is not read again',
  ).toBe(true)
})

test('After an outage that is longer than the backfill, what lies between is a gap as well', async () => {
  const rig = await startRig(db, { backfillSince: { kind: 'ago', duration: 86_400n * 1_000_000n } })
  fill(rig, 100)
  const first = await rig.startPoller()
  await first.pollNow()
  await first.stop()
  rig.clock.ms += 9 * DAY_MS
  await databaseTime.set(rig.clock.ms)
  onTestFinished(() => databaseTime.set(null))
  rig.seam.fill({ count: 900, from: START_MS, to: rig.clock.ms })
  const second = await rig.startPoller()
  await second.pollNow()
  expect((await storedEvents(rig)).size).toBe(1000)
  await expectComplete(rig, DAY_AGO)
})

test('Of several gaps the newest is read first', async () => {
  const rig = await startRig(db)
  fill(rig, 300)
  const poller = await rig.startPoller()
  await poller.pollNow()
  const holes = [20, 10, 15].map((hours) => START_MS - hours * HOUR_MS)
  for (const hole of holes) {
    const [from, to] = [new Date(hole).toISOString(), new Date(hole + MINUTE_MS).toISOString()]
    await queryTest(
      db,
      'update coverage set ranges = ranges - tstzmultirange(tstzrange($2, $3)) where workspace_id = $1',
      [rig.workspaceId, from, to],
    )
  }
  const before = rig.pagesAsked()
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
  const asked = pageRequests(rig.seam).slice(before)
  const visited = holes.map((hole) =>
    asked.findIndex(({ params }) => lower(params) <= hole && upper(params) >= hole + MINUTE_MS),
  )
  expect(visited.toSorted((a, b) => a - b)).toEqual([visited[1], visited[2], visited[0]])
  expect(visited).not.toContain(-1)
})
