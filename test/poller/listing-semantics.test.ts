import { describe, expect, test } from 'vitest'
import type { Faults } from '../../src/simulated-seam/start-simulated-seam.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import {
  DAY_AGO,
  DAY_MS,
  expectComplete,
  expectNoFalseClaim,
  HOUR_MS,
  micros,
  type Rig,
  START_MS,
  startRig,
  storedEvents,
} from './poller-rig.ts'

const { db } = await databaseOfThisFile()

/** A day with quiet hours, busy minutes, and bursts: within one millisecond, and at one exact instant. */
function fillDay({ seam }: Rig, { burst, spread }: { burst: number; spread: number }): void {
  const from = START_MS - DAY_MS + 60_000
  seam.fill({ count: spread, from, to: START_MS - HOUR_MS / 60 })
  seam.setFaults({ createdAtPrecision: 'micros' })
  seam.fill({ count: burst, from, to: from + 1, burst: { count: burst, at: START_MS - 7 * HOUR_MS } })
  seam.setFaults({ createdAtPrecision: 'millis' })
  seam.fill({ count: burst, from, to: from + 1, burst: { count: burst, at: START_MS - 9 * HOUR_MS } })
}

async function pollUntilDone(rig: Rig, rounds: number): Promise<string | undefined> {
  const poller = await rig.startPoller()
  for (let round = 0; round < rounds; round++) {
    await poller.pollNow()
    await expectNoFalseClaim(rig)
    rig.seam.emit(2)
    rig.clock.ms += 20_000
  }
  await poller.pollNow()
  rig.clock.ms += 20_000
  await poller.pollNow()
  await poller.stop()
  return (await rig.runs()).at(-1)?.outcome
}

const alternate = (caps: readonly number[]): (() => number) => {
  let turn = 0
  return () => caps[turn++ % caps.length] ?? 500
}

describe('the copy is complete', () => {
  test.each<[string, () => Partial<Faults>, number]>([
    ['newest first, exclusive bounds', () => ({}), 700],
    ['oldest first', () => ({ order: 'oldest-first' }), 700],
    ['newest first, but the oldest are kept', () => ({ keeps: 'oldest' }), 700],
    ['oldest first, but the newest are kept', () => ({ order: 'oldest-first', keeps: 'newest' }), 700],
    ['inclusive bounds', () => ({ inclusive: true }), 700],
    ['times compared in milliseconds', () => ({ comparePrecision: 'millis' }), 700],
    [
      'times compared in milliseconds, inclusive, oldest first',
      () => ({ comparePrecision: 'millis', inclusive: true, order: 'oldest-first' }),
      700,
    ],
    ['pages of 7', () => ({ pageCap: 7 }), 60],
    ['pages of 7, oldest first', () => ({ pageCap: 7, order: 'oldest-first' }), 60],
    ['one event a page', () => ({ pageCap: 1 }), 12],
    ['a page cap that changes', () => ({ pageCap: alternate([500, 1, 40, 3]) }), 60],
    [
      'a page cap that changes, oldest kept, compared in milliseconds',
      () => ({ pageCap: alternate([20, 3]), keeps: 'oldest', comparePrecision: 'millis' }),
      40,
    ],
  ])('I5: %s', async (_title, faults, burst) => {
    const rig = await startRig(db, { faults: faults() })
    fillDay(rig, { burst, spread: burst > 100 ? 900 : burst * 2 })
    expect(await pollUntilDone(rig, 2)).toBe('complete')
    await expectComplete(rig, DAY_AGO)
  })

  test('I5: the order within an instant changes from answer to answer', async () => {
    const rig = await startRig(db, { faults: { shuffleWithinInstant: true } })
    fillDay(rig, { burst: 400, spread: 900 })
    expect(await pollUntilDone(rig, 2)).toBe('complete')
    await expectComplete(rig, DAY_AGO)
  })
})

describe('what cannot be proven stays open', () => {
  test('I5: offsets have no effect, and an instant holds more than a page', async () => {
    const rig = await startRig(db, { faults: { ignoreOffset: true } })
    fillDay(rig, { burst: 700, spread: 900 })
    expect(await pollUntilDone(rig, 3)).toBe('partial')
    await expectNoFalseClaim(rig)
    expect((await storedEvents(rig)).size, 'the rest of the day is there').toBeGreaterThan(900 + 2 * 500)

    rig.seam.setFaults({ ignoreOffset: false })
    expect(await pollUntilDone(rig, 1)).toBe('complete')
    await expectComplete(rig, DAY_AGO)
  })

  test('I5: an instant holds more than a page, and its order changes from answer to answer', async () => {
    const rig = await startRig(db, { faults: { shuffleWithinInstant: true, pageCap: 50 } })
    fillDay(rig, { burst: 140, spread: 200 })
    expect(await pollUntilDone(rig, 2)).toBe('partial')
    await expectNoFalseClaim(rig)

    rig.seam.setFaults({ shuffleWithinInstant: false })
    expect(await pollUntilDone(rig, 1)).toBe('complete')
    await expectComplete(rig, DAY_AGO)
  })

  test('I6: answers without a Date header are stored and prove nothing, and no run calls that complete', async () => {
    const rig = await startRig(db, {
      faults: { omitDateHeader: true },
      backfillSince: { kind: 'ago', duration: 86_400n * 1_000_000n },
    })
    // Without Seam's clock, the local clock decides where to look.
    rig.clock.ms = Date.now()
    rig.seam.fill({ count: 900, from: rig.clock.ms - DAY_MS + 60_000, to: rig.clock.ms - 60_000 })
    const poller = await rig.startPoller()
    await poller.pollNow()
    expect((await storedEvents(rig)).size).toBe(900)
    expect(
      await db.selectFrom('coverage').select('ranges').where('workspace_id', '=', rig.workspaceId).execute(),
    ).toEqual([])
    expect((await rig.runs()).map(({ outcome }) => outcome)).not.toContain('complete')

    rig.seam.setFaults({ omitDateHeader: false })
    await poller.pollNow()
    await expectComplete(rig, micros(rig.clock.ms - DAY_MS + 60_000))
    expect((await rig.runs()).at(-1)?.outcome).toBe('complete')
  })

  test('I6: a Date header that goes away later stops coverage, and the runs say that something is missing', async () => {
    const rig = await startRig(db)
    const poller = await rig.startPoller()
    await poller.pollNow()
    expect((await rig.runs()).at(-1)?.outcome).toBe('complete')

    rig.seam.setFaults({ omitDateHeader: true })
    rig.clock.ms += HOUR_MS
    rig.seam.emit(5)
    await poller.pollNow()
    expect((await storedEvents(rig)).size).toBe(5)
    expect((await rig.runs()).at(-1)?.outcome).toBe('partial')
    await expectNoFalseClaim(rig)
  })
})
