import { expect, test } from 'vitest'
import { formatInstant } from '../../src/domain/instant.ts'
import { runSql } from '../../src/store/open-database.ts'
import { readCoverage } from '../../src/store/read-coverage.ts'
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

const { db } = await databaseOfThisFile()

const checkpointOf = async (rig: Rig) => (await readCoverage(db, rig.workspaceId)).at(-1)?.to ?? 0n
const second = 1_000_000n

/** Some 20 minutes of traffic with a poll every half minute. */
async function runFor(rig: Rig, poller: { pollNow(): Promise<void> }, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    rig.seam.emit(3)
    rig.clock.ms += 30_000
    await poller.pollNow()
    await expectNoFalseClaim(rig)
  }
}

test.each([
  ['an hour ahead of', HOUR_MS],
  ['an hour behind', -HOUR_MS],
  ['ten years ahead of', 3650 * DAY_MS],
])('I6: a Seam clock %s the true one is the only one that counts', async (_title, clockOffsetMs) => {
  const rig = await startRig(db, { faults: { clockOffsetMs } })
  rig.seam.fill({ count: 300, from: START_MS - DAY_MS + MINUTE_MS, to: START_MS - 2 * HOUR_MS })
  const poller = await rig.startPoller()
  await runFor(rig, poller, 4)
  await poller.pollNow()
  expect((await storedEvents(rig)).size).toBe(312)
  await expectComplete({ ...rig, clock: { ms: rig.clock.ms + clockOffsetMs } }, DAY_AGO)
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

test('I6: a Seam clock that was an hour ahead and is put right: coverage is taken back, and nothing is lost', async () => {
  const rig = await startRig(db, { settleSeconds: 300 })
  const poller = await rig.startPoller()
  await runFor(rig, poller, 3)
  rig.seam.setFaults({ clockOffsetMs: HOUR_MS })
  await runFor(rig, poller, 5)
  const ahead = await checkpointOf(rig)
  expect(ahead).toBeGreaterThan(horizonOf(rig) + 3000n * second)

  rig.seam.setFaults({ clockOffsetMs: 0 })
  rig.seam.emit(10)
  rig.clock.ms += 10_000
  await poller.pollNow()
  expect(await checkpointOf(rig), 'coverage is taken back').toBeLessThanOrEqual(horizonOf(rig))
  await expectNoFalseClaim(rig)
  await runFor(rig, poller, 5)
  rig.clock.ms += 2 * HOUR_MS
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
})

test.each([
  ['a hundred seconds', 100_000, 10],
  ['two minutes', 120_000, 0],
  ['an hour', HOUR_MS, 10],
])(
  'I6: a clock that was %s ahead loses nothing when it is put right, also with a short settle time',
  async (_title, offset, settleSeconds) => {
    const rig = await startRig(db, { settleSeconds, faults: { clockOffsetMs: offset } })
    const poller = await rig.startPoller()
    await runFor(rig, poller, 2)
    rig.seam.setFaults({ clockOffsetMs: 0 })
    rig.clock.ms += 1000
    await poller.pollNow()
    await poller.stop()
    for (let round = 0; round < 8; round++) {
      rig.seam.emit(3)
      rig.clock.ms += 30_000
      // A new one each time: it asks for the clock, and begins at the horizon of now.
      const restarted = await rig.startPoller()
      await restarted.pollNow()
      await restarted.stop()
      await expectNoFalseClaim(rig)
    }
    rig.clock.ms += 2 * HOUR_MS
    await (await rig.startPoller()).pollNow()
    expect((await storedEvents(rig)).size).toBe(30)
    await expectComplete(rig, DAY_AGO)
  },
)

test('I6: a clock that is put right while nobody polls: what was created since the last poll is read again', async () => {
  const rig = await startRig(db, { settleSeconds: 60, faults: { clockOffsetMs: HOUR_MS } })
  const first = await rig.startPoller()
  await runFor(rig, first, 2)
  await first.stop()

  // Put right; twenty minutes with events, then the service is started again.
  rig.seam.setFaults({ clockOffsetMs: 0 })
  for (let minute = 0; minute < 20; minute++) {
    rig.seam.emit(2)
    rig.clock.ms += MINUTE_MS
  }
  await runSql(
    db,
    `update coverage set updated_at = updated_at - interval '20 minutes' where workspace_id = $1`,
    [rig.workspaceId],
  )
  const again = await rig.startPoller()
  await again.pollNow()
  await again.pollNow()
  expect((await storedEvents(rig)).size).toBe(46)
  await expectNoFalseClaim(rig)
  rig.clock.ms += 2 * HOUR_MS
  await again.pollNow()
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
