import { describe, expect, onTestFinished, test } from 'vitest'
import { formatInstant } from '../../src/domain/instant.ts'
import type { Poller } from '../../src/poller/start-poller.ts'
import { queryTest } from '../support/query-test.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { readPollLag } from '../../src/store/runs/read-poll-lag.ts'
import { listPollRuns } from '../../src/store/runs/list-poll-runs.ts'
import { databaseClock } from '../support/database-clock.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import {
  DAY_AGO,
  DAY_MS,
  expectComplete,
  expectNoFalseClaim,
  horizonOf,
  HOUR_MS,
  micros,
  MINUTE_MS,
  type Rig,
  START_MS,
  startRig,
  storedEvents,
  SLOWEST_ANSWER,
} from './poller-rig.ts'

const { database, db } = await databaseOfThisFile()
const databaseTime = await databaseClock(database)

const checkpointOf = async (rig: Rig) => (await readCoverage(db, rig.workspaceId)).at(-1)?.to ?? 0n

/** Polls while the database's clock is this much ahead of the true time, and checks coverage. */
async function pollAt(rig: Rig, poller: Poller, databaseAheadMs: number): Promise<void> {
  await databaseTime.set(rig.clock.ms + databaseAheadMs)
  onTestFinished(() => databaseTime.set(null))
  await poller.pollNow()
}

/** Traffic with a poll every half minute. */
async function runFor(rig: Rig, poller: Poller, rounds: number, databaseAheadMs = 0): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    rig.seam.emit(3)
    rig.clock.ms += 30_000
    await pollAt(rig, poller, databaseAheadMs)
    if (databaseAheadMs <= 0) await expectNoFalseClaim(rig)
  }
}

/** Only the `Date` header is this much ahead; events are stamped by the true clock. */
const dateAhead = (ms: number) => ({ dateHeader: (at: number) => new Date(at + ms).toUTCString() })

interface ClockRow {
  outcome: string
  clock: string | null
  ahead: number | null
}

const clockRows = (rig: Rig) =>
  queryTest<ClockRow>(
    db,
    `select outcome, clock, clock_ahead_seconds as ahead from poll_runs where workspace_id = $1 order by run_id`,
    [rig.workspaceId],
  )

describe('E1, I6: of Seam’s and the database’s clock the one that is behind counts', () => {
  test.each([
    ['Seam’s is an hour ahead', HOUR_MS, 0, 'apart'],
    ['Seam’s is an hour behind', -HOUR_MS, 0, 'apart'],
    ['the database’s is an hour ahead', 0, HOUR_MS, 'apart'],
    ['the database’s is an hour behind', 0, -HOUR_MS, 'apart'],
    ['both are right', 0, 0, 'agree'],
    ['both are half an hour behind', -HOUR_MS / 2, -HOUR_MS / 2, 'agree'],
  ])('E1, I6: %s', async (_title, seamAheadMs, databaseAheadMs, state) => {
    const rig = await startRig(db, { faults: dateAhead(seamAheadMs) })
    rig.seam.fill({ count: 300, from: START_MS - DAY_MS + MINUTE_MS, to: START_MS - 2 * HOUR_MS })
    await databaseTime.set(rig.clock.ms + databaseAheadMs)
    const poller = await rig.startPoller()
    for (let round = 0; round < 4; round++) {
      await runFor(rig, poller, 1, databaseAheadMs)
      await expectNoFalseClaim(rig)
    }
    await pollAt(rig, poller, databaseAheadMs)
    expect((await storedEvents(rig)).size).toBe(312)
    const behind = Math.min(0, seamAheadMs, databaseAheadMs)
    await expectComplete({ ...rig, clock: { ms: rig.clock.ms + behind } }, DAY_AGO)
    const last = (await clockRows(rig)).at(-1)
    expect(last).toMatchObject({ outcome: 'complete', clock: state })
    expect(Math.abs((last?.ahead ?? 0) - (seamAheadMs - databaseAheadMs) / 1000)).toBeLessThan(30)
  })

  test.each([
    ['974 years ahead', { ...dateAhead(974 * 365.25 * DAY_MS) }, 'implausible'],
    ['two days ahead', { ...dateAhead(2 * DAY_MS) }, 'implausible'],
    ['two days behind', { ...dateAhead(-2 * DAY_MS) }, 'implausible'],
    ['0', { dateHeader: () => '0' }, 'unreadable'],
    ['-1', { dateHeader: () => '-1' }, 'unreadable'],
    ['an ISO instant', { dateHeader: (at: number) => new Date(at).toISOString() }, 'unreadable'],
    ['not there', { omitDateHeader: true }, 'missing'],
  ])(
    'E1, I6: a Date that is %s proves nothing, is shown, and takes nothing back; when it is right again, nothing is missing',
    async (_title, wrong, state) => {
      const rig = await startRig(db, { settleSeconds: 5 })
      const poller = await rig.startPoller()
      await runFor(rig, poller, 3)
      const before = await readCoverage(db, rig.workspaceId)
      rig.seam.setFaults(wrong)
      await runFor(rig, poller, 5)
      expect(await readCoverage(db, rig.workspaceId), 'neither more nor less').toEqual(before)
      expect((await storedEvents(rig)).size, 'what is listed is stored all the same').toBe(24)
      expect((await clockRows(rig)).at(-1)).toMatchObject({ outcome: 'partial', clock: state })
      rig.seam.setFaults({ dateHeader: null, omitDateHeader: false })
      await runFor(rig, poller, 3)
      rig.clock.ms += MINUTE_MS
      await pollAt(rig, poller, 0)
      await expectComplete(rig, DAY_AGO)
    },
  )

  test.each([60_000, HOUR_MS, 20 * HOUR_MS, 974 * 365 * DAY_MS])(
    'E1, I6: a Date that is %d ms ahead for 25 s, and then right: nothing inside coverage is missing at any moment',
    async (aheadMs) => {
      const rig = await startRig(db, { settleSeconds: 5, faults: dateAhead(aheadMs) })
      await databaseTime.set(rig.clock.ms)
      const poller = await rig.startPoller()
      const second = async () => {
        rig.seam.emit(3)
        rig.clock.ms += 1000
        await pollAt(rig, poller, 0)
        await expectNoFalseClaim(rig)
      }
      for (let i = 0; i < 25; i++) await second()
      rig.seam.setFaults({ dateHeader: null })
      for (let i = 0; i < 30; i++) await second()
      rig.clock.ms += MINUTE_MS
      await pollAt(rig, poller, 0)
      expect((await storedEvents(rig)).size).toBe(165)
      await expectComplete(rig, DAY_AGO)
    },
  )

  test('E1, I6: a clock that swings does not make coverage swing', async () => {
    const rig = await startRig(db, { settleSeconds: 10 })
    const poller = await rig.startPoller()
    await runFor(rig, poller, 3)
    const swing = [HOUR_MS, -HOUR_MS, 20 * HOUR_MS, -20 * HOUR_MS, 0, 400 * DAY_MS, -400 * DAY_MS, 0]
    let end = await checkpointOf(rig)
    for (const aheadMs of [...swing, ...swing]) {
      rig.seam.setFaults(dateAhead(aheadMs))
      await runFor(rig, poller, 1)
      const next = await checkpointOf(rig)
      expect(next).toBeGreaterThanOrEqual(end)
      end = next
    }
    expect(await readCoverage(db, rig.workspaceId)).toHaveLength(1)
    await expectComplete(rig, DAY_AGO)
  })
})

describe('E1, I6: coverage after both clocks were ahead and are put right', () => {
  /** Ten minutes of polls with both clocks right, and twenty in which they are ahead. */
  async function startAhead(aheadMs: number, settleSeconds: number): Promise<{ rig: Rig; poller: Poller }> {
    const rig = await startRig(db, { settleSeconds })
    await databaseTime.set(rig.clock.ms)
    const poller = await rig.startPoller()
    await runFor(rig, poller, 20)
    rig.seam.setFaults(dateAhead(aheadMs))
    await runFor(rig, poller, 40, aheadMs)
    expect(await checkpointOf(rig)).toBeGreaterThan(horizonOf(rig) + BigInt(aheadMs) * 900n)
    await expect(expectNoFalseClaim(rig), 'nobody could have known').rejects.toThrow(/covered time/)
    rig.seam.setFaults({ dateHeader: null })
    return { rig, poller }
  }

  test.each([
    [HOUR_MS, 10],
    [5 * HOUR_MS, 300],
    [10 * MINUTE_MS, 10],
  ])(
    'E1, I6: by %d ms, with a settle time of %d s: coverage goes back to before, no further, and nothing is lost',
    async (aheadMs, settleSeconds) => {
      const { rig, poller } = await startAhead(aheadMs, settleSeconds)
      rig.clock.ms += 1000
      await pollAt(rig, poller, 0)
      await expectNoFalseClaim(rig)
      await runFor(rig, poller, 2)
      expect((await readCoverage(db, rig.workspaceId))[0]?.from, 'what is older stays').toBeLessThanOrEqual(
        DAY_AGO,
      )
      rig.clock.ms += 6 * HOUR_MS
      await pollAt(rig, poller, 0)
      await pollAt(rig, poller, 0)
      expect((await storedEvents(rig)).size).toBe(186)
      await expectComplete(rig, DAY_AGO)
    },
  )

  test('E1, I6: a poller that was started later takes coverage back as well', async () => {
    const { rig, poller } = await startAhead(HOUR_MS, 10)
    await poller.stop()
    rig.clock.ms += 5000
    await databaseTime.set(rig.clock.ms)
    await pollAt(rig, await rig.startPoller(), 0)
    await expectNoFalseClaim(rig)
    expect(await checkpointOf(rig)).toBeLessThanOrEqual(horizonOf(rig))
  })

  test('E1, I6: when only one of them is put right, coverage that the other still allows is kept', async () => {
    const { rig, poller } = await startAhead(HOUR_MS, 10)
    const end = await checkpointOf(rig)
    await pollAt(rig, poller, HOUR_MS)
    expect(await checkpointOf(rig)).toBe(end)
  })

  test('E1, I6: coverage is kept when both clocks are put back by less than a second, because they are no more precise', async () => {
    const rig = await startRig(db, { settleSeconds: 10 })
    await databaseTime.set(rig.clock.ms)
    const poller = await rig.startPoller()
    await runFor(rig, poller, 3)
    const before = await readCoverage(db, rig.workspaceId)
    rig.seam.setFaults(dateAhead(-900))
    await pollAt(rig, poller, -900)
    expect(await readCoverage(db, rig.workspaceId)).toEqual(before)
  })
})

test('E1, I13: a lease that was taken while the database’s clock was ahead does not keep others waiting', async () => {
  const rig = await startRig(db)
  await databaseTime.set(rig.clock.ms + 5 * HOUR_MS)
  onTestFinished(() => databaseTime.set(null))
  const first = await rig.startPoller()
  await first.pollNow()
  await databaseTime.set(rig.clock.ms)
  const second = await rig.startPoller()
  await second.pollNow()
  expect(second.status()).toMatchObject({ isStandby: false, failures: 0 })
})

test('E1: the last run is the one that ended last, also after the database’s clock was put back', async () => {
  const rig = await startRig(db)
  await databaseTime.set(rig.clock.ms + 5 * HOUR_MS)
  onTestFinished(() => databaseTime.set(null))
  const poller = await rig.startPoller()
  await poller.pollNow()
  await databaseTime.set(rig.clock.ms)
  rig.seam.setFaults({ errorRate: 1 })
  await poller.pollNow()
  expect((await listPollRuns(db, rig.workspaceId, 1))[0]?.outcome).toBe('failed')
  expect((await readPollLag(db, [rig.workspaceId]))[0]?.lastRunOutcome).toBe('failed')
})

test('I6: the wait for late events ends where coverage ends: the settle time before the clock of Seam', async () => {
  const rig = await startRig(db, { settleSeconds: 300 })
  const poller = await rig.startPoller()
  await poller.pollNow()
  const checkpoint = await checkpointOf(rig)
  expect(checkpoint).toBeLessThanOrEqual(horizonOf(rig))
  expect(checkpoint).toBeGreaterThan(horizonOf(rig) - SLOWEST_ANSWER)
})

test('I6: events dated in the future are stored, and those of the present are still found', async () => {
  const rig = await startRig(db)
  const poller = await rig.startPoller()
  await poller.pollNow()
  const future = formatInstant(micros(START_MS + 2 * HOUR_MS))
  rig.seam.add(Array.from({ length: 600 }, () => ({ created_at: future })))
  for (let round = 0; round < 4; round++) {
    rig.seam.emit(5)
    rig.clock.ms += 30_000
    await poller.pollNow()
    await expectNoFalseClaim(rig)
    expect(await checkpointOf(rig)).toBeLessThanOrEqual(horizonOf(rig))
  }
  rig.clock.ms += MINUTE_MS
  await poller.pollNow()
  expect((await storedEvents(rig)).size).toBe(620)
  await expectComplete(rig, DAY_AGO)
  rig.clock.ms += 3 * HOUR_MS
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
})

test('I6: an answer that takes long proves no more than when it was asked', async () => {
  // The Date header is written when the answer is made, after the wait: the clock read from it must be set back by the wait.
  const rig = await startRig(db, { settleSeconds: 10 })
  const poller = await rig.startPoller()
  await poller.pollNow()
  rig.clock.ms += MINUTE_MS
  rig.seam.setFaults({ slowRate: 1, slowMs: 300 })
  await poller.pollNow()
  expect(await checkpointOf(rig)).toBeLessThanOrEqual(horizonOf(rig) - 300_000n)
  expect(await checkpointOf(rig)).toBeGreaterThan(horizonOf(rig) - SLOWEST_ANSWER)
})

test('I6: slow answers do not make coverage go back', async () => {
  const rig = await startRig(db, { settleSeconds: 10 })
  const poller = await rig.startPoller()
  await poller.pollNow()
  const before = await checkpointOf(rig)
  rig.seam.setFaults({ slowRate: 1, slowMs: 300 })
  await poller.pollNow()
  expect(await checkpointOf(rig)).toBe(before)
  expect((await rig.runs()).at(-1)?.outcome).toBe('complete')
})
