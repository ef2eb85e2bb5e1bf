import { describe, expect, test } from 'vitest'
import type { Poller } from '../../src/poller/start-poller.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import {
  DAY_AGO,
  DAY_MS,
  expectComplete,
  expectNoFalseClaim,
  horizonOf,
  MINUTE_MS,
  START_MS,
  startRig,
  storedEvents,
} from './poller-rig.ts'

const { db } = await databaseOfThisFile()

describe('runs of one poller', () => {
  test('never overlap, however often it is told to run', async () => {
    let most = 0
    const rig = await startRig(db, {
      faults: {
        slowRate: 1,
        slowMs: 3,
        pageCap: () => {
          // The log has status 0 for what is not answered yet.
          most = Math.max(most, rig.seam.requests().filter(({ status }) => status === 0).length)
          return 60
        },
      },
    })
    rig.seam.fill({ count: 1200, from: START_MS - DAY_MS, to: START_MS - MINUTE_MS })
    const poller = await rig.startPoller()
    for (let i = 0; i < 5; i++) {
      await Promise.all(Array.from({ length: 20 }, () => poller.pollNow()))
    }
    await poller.pollNow()
    expect(most).toBe(1)
    await expectComplete(rig, DAY_AGO)
  })

  test('that are asked for during a run become one run after it', async () => {
    const rig = await startRig(db)
    const poller = await rig.startPoller()
    await poller.pollNow()
    const before = (await rig.runs()).length
    await Promise.all(Array.from({ length: 20 }, () => poller.pollNow()))
    // The first call starts a run at once; the nineteen others ask for one more.
    expect((await rig.runs()).length - before).toBeLessThanOrEqual(2)
  })

  test('see what happened before they were asked for', async () => {
    const rig = await startRig(db)
    const poller = await rig.startPoller()
    for (let i = 1; i <= 5; i++) {
      void poller.pollNow()
      rig.seam.emit(1)
      await poller.pollNow()
      expect((await storedEvents(rig)).size).toBe(i)
    }
  })
})

test('I6: with answers slower than the poll interval ticks do not pile up, the claim stays true, and the copy keeps up', async () => {
  let poller: Poller | null = null
  let most = 0
  const rig = await startRig(db, {
    faults: {
      slowRate: 1,
      slowMs: 2,
      pageCap: () => {
        most = Math.max(most, rig.seam.requests().filter(({ status }) => status === 0).length)
        // Three ticks come due while each answer is made.
        for (let tick = 0; tick < 3; tick++) {
          rig.clock.ms += 1000
          void poller?.pollNow()
        }
        rig.seam.emit(1)
        return 50
      },
    },
  })
  rig.seam.fill({ count: 300, from: START_MS - DAY_MS, to: START_MS - MINUTE_MS })
  poller = await rig.startPoller()
  for (const pages of [10, 30, 60]) {
    await expect.poll(() => rig.pagesAsked()).toBeGreaterThan(pages)
    await expectNoFalseClaim(rig)
  }
  expect(most).toBe(1)
  const checkpoint = (await readCoverage(db, rig.workspaceId)).at(-1)?.to ?? 0n
  expect(Number(horizonOf(rig) - checkpoint) / 1_000_000, 'seconds behind').toBeLessThan(60)
  rig.seam.setFaults({ pageCap: 50, slowRate: 0 })
  rig.clock.ms += MINUTE_MS
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
})

describe('stop', () => {
  test('during a run ends it after the current page, and coverage is true', async () => {
    let poller: Poller | null = null
    const stops: Promise<void>[] = []
    const rig = await startRig(db, {
      faults: {
        pageCap: () => {
          if (rig.pagesAsked() === 6 && poller !== null) stops.push(poller.stop())
          return 40
        },
      },
    })
    rig.seam.fill({ count: 1000, from: START_MS - DAY_MS, to: START_MS - MINUTE_MS })
    poller = await rig.startPoller()
    await expect.poll(() => stops.length).toBe(1)
    await Promise.all(stops)
    const asked = rig.pagesAsked()
    expect(asked).toBe(6)
    await expectNoFalseClaim(rig)
    const stored = (await storedEvents(rig)).size
    await poller.pollNow()
    expect(rig.pagesAsked(), 'a stopped poller asks for nothing').toBe(asked)
    expect((await storedEvents(rig)).size).toBe(stored)
    expect((await rig.runs()).filter(({ outcome }) => outcome === 'complete')).toEqual([])
  })

  test('does not wait for an answer that does not come, nor for a pause between attempts', async () => {
    const rig = await startRig(db)
    const first = await rig.startPoller()
    await first.pollNow()
    await first.stop()
    rig.seam.setFaults({ slowRate: 1, slowMs: 600_000 })
    const second = await rig.startPoller()
    const asked = rig.seam.requests().length
    await expect.poll(() => rig.seam.requests().length).toBeGreaterThan(asked)
    await second.stop()

    rig.seam.setFaults({ slowRate: 0, errorRate: 1 })
    let isWaiting = false
    const third = await rig.startPoller({
      waiting: {
        random: () => 0.5,
        sleep: (_ms, signal) =>
          new Promise((resolve) => {
            isWaiting = true
            signal.addEventListener('abort', () => resolve())
          }),
      },
    })
    await expect.poll(() => isWaiting).toBe(true)
    await third.stop()
    expect((await rig.runs()).filter(({ outcome }) => outcome === 'failed')).toEqual([])
  })
})

describe('the steady state costs one request a tick', () => {
  test('in a quiet workspace', async () => {
    const rig = await startRig(db)
    rig.seam.fill({ count: 10, from: START_MS - DAY_MS, to: START_MS - MINUTE_MS })
    const poller = await rig.startPoller()
    await poller.pollNow()
    // While Seam's clock stands still, a slower answer proves less and leaves a hole of milliseconds for the next run.
    rig.clock.ms += 30_000
    await poller.pollNow()
    const before = rig.seam.requests().length
    for (let tick = 1; tick <= 10; tick++) {
      rig.clock.ms += 30_000
      await poller.pollNow()
      expect(rig.seam.requests().length - before).toBe(tick)
    }
    await expectComplete(rig, DAY_AGO)
  })

  test('in a workspace in which nothing has ever happened', async () => {
    const rig = await startRig(db)
    const poller = await rig.startPoller()
    await poller.pollNow()
    const before = rig.seam.requests().length
    for (let tick = 1; tick <= 5; tick++) {
      rig.clock.ms += 30_000
      await poller.pollNow()
    }
    expect(rig.seam.requests().length - before).toBe(5)
  })

  test('in a busy workspace, at every settle time', async () => {
    for (const settleSeconds of [10, 300]) {
      const rig = await startRig(db, { settleSeconds })
      const poller = await rig.startPoller()
      const tick = async (): Promise<void> => {
        for (let i = 0; i < 6; i++) {
          rig.seam.emit(6)
          rig.clock.ms += 5000
        }
        await poller.pollNow()
      }
      for (let warmUp = 0; warmUp < 12; warmUp++) await tick()
      const before = rig.seam.requests().length
      for (let ticks = 0; ticks < 10; ticks++) await tick()
      expect(rig.seam.requests().length - before, `settle time ${settleSeconds}`).toBe(10)
      expect((await rig.runs()).slice(-10).map(({ pages }) => pages)).toEqual(Array(10).fill(1))
    }
  })
})
