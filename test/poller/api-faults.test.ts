import { describe, expect, test, vi } from 'vitest'
import { formatInstant } from '../../src/domain/instant.ts'
import { createLogger } from '../../src/observability/create-logger.ts'
import { systemClock } from '../../src/runtime/on-schedule.ts'
import type { Faults } from '../../src/simulated-seam/start-simulated-seam.ts'
import { openWorkspaces } from '../../src/workspaces/open-workspaces.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import {
  DAY_AGO,
  DAY_MS,
  expectComplete,
  expectNoFalseClaim,
  HOUR_MS,
  micros,
  MINUTE_MS,
  pageRequests,
  quarantined,
  type Rig,
  START_MS,
  startRig,
  storedEvents,
} from './poller-rig.ts'

const { db } = await databaseOfThisFile()

const fill = ({ seam }: Rig, count: number): void =>
  void seam.fill({ count, from: START_MS - DAY_MS + 60_000, to: START_MS - 60_000 })

/** A rig whose poller knows its workspace and has covered the (empty) day before START_MS. */
async function startPolledRig(options: Parameters<typeof startRig>[1] = {}) {
  const rig = await startRig(db, options)
  const poller = await rig.startPoller()
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
  return { rig, poller }
}

describe('an upstream that fails at every request', () => {
  const always: [string, Partial<Faults>, RegExp][] = [
    ['429 without Retry-After', { rateLimitRate: 1 }, /429 rate_limited/],
    ['429 with Retry-After', { rateLimitRate: 1, retryAfter: '3' }, /429 rate_limited/],
    ['429 with Retry-After: 999999999', { rateLimitRate: 1, retryAfter: '999999999' }, /429/],
    ['503', { failNext: Number.POSITIVE_INFINITY }, /503/],
    ['500', { errorRate: 1 }, /500/],
    ['HTML with status 200', { htmlRate: 1 }, /not JSON/],
    ['JSON that stops in the middle', { invalidJsonRate: 1 }, /not JSON/],
    ['an answer cut off on the way', { truncateRate: 1 }, /did not answer/],
    ['a reset', { resetRate: 1 }, /did not answer.*(ECONNRESET|SOCKET)/],
    ['an answer slower than the timeout', { slowRate: 1, slowMs: 600_000 }, /did not answer/],
  ]
  const none: Partial<Faults> = {
    rateLimitRate: 0,
    failNext: 0,
    errorRate: 0,
    htmlRate: 0,
    invalidJsonRate: 0,
    truncateRate: 0,
    resetRate: 0,
    slowRate: 0,
  }
  test.each(always)(
    'with %s: the runs are failures, nothing is claimed, and all is caught up with later',
    async (_title, faults, message) => {
      const { rig, poller } = await startPolledRig()
      const { timeoutMs } = rig
      const before = (await rig.runs()).length
      rig.clock.ms += 3_600_000
      rig.seam.emit(700)
      const asked = rig.pagesAsked()

      rig.seam.setFaults(faults)
      if (faults.slowRate) rig.timeoutMs = 60
      await poller.pollNow()
      await poller.pollNow()
      const failed = (await rig.runs()).slice(before)
      expect(failed.map(({ outcome }) => outcome)).toEqual(['failed', 'failed'])
      for (const { error } of failed) expect(error).toMatch(message)
      expect(poller.status()).toMatchObject({ failures: 2, lastError: failed[1]?.error })
      // The first run also asks for smaller pages, from 500 events down to 1, when answers are cut off.
      const smaller = faults.truncateRate || faults.resetRate ? 8 : 0
      expect(rig.pagesAsked() - asked, 'four attempts a run').toBe(8 + smaller)
      expect((await storedEvents(rig)).size).toBe(0)
      await expectNoFalseClaim(rig)

      rig.seam.setFaults(none)
      rig.timeoutMs = timeoutMs
      rig.clock.ms += 60_000
      await poller.pollNow()
      expect((await rig.runs()).at(-1)).toMatchObject({ outcome: 'complete', error: null })
      expect(poller.status()).toMatchObject({ failures: 0, lastError: null })
      await expectComplete(rig, DAY_AGO)
    },
  )

  test('a wait that Seam asks for is honoured up to a cap', async () => {
    const { rig, poller } = await startPolledRig()
    for (const retryAfter of [null, '3', '999999999', 'Fri, 31 Dec 9999 23:59:59 GMT', 'soon']) {
      rig.waits.length = 0
      rig.seam.setFaults({ rateLimitRate: 1, retryAfter })
      await poller.pollNow()
      const expected: Record<string, number[]> = {
        '3': [3000, 3000, 3000],
        '999999999': [15_000, 15_000, 15_000],
        'Fri, 31 Dec 9999 23:59:59 GMT': [15_000, 15_000, 15_000],
      }
      // Doubling, with `random` at the middle of the jitter.
      expect(rig.waits).toEqual(expected[retryAfter ?? ''] ?? [375, 750, 1500])
    }
  })
})

test('a day with every fault in turn ends complete, and coverage is true all the way', async () => {
  const rig = await startRig(db, { seed: 7, faults: { pageCap: 40 } })
  const { timeoutMs } = rig
  fill(rig, 1500)
  rig.timeoutMs = 100
  rig.seam.setFaults({
    resetRate: 0.1,
    rateLimitRate: 0.1,
    errorRate: 0.2,
    htmlRate: 0.1,
    invalidJsonRate: 0.1,
    truncateRate: 0.1,
    slowRate: 0.03,
    slowMs: 150,
    badItemRate: 0.05,
  })
  const poller = await rig.startPoller()
  for (let round = 0; round < 6; round++) {
    await poller.pollNow()
    await expectNoFalseClaim(rig)
    rig.seam.emit(3)
    rig.clock.ms += 15_000
  }
  const runs = await rig.runs()
  expect(runs.some(({ outcome }) => outcome === 'failed')).toBe(true)
  for (const { outcome, error } of runs) expect(error === null).toBe(outcome !== 'failed')

  rig.seam.setFaults({
    resetRate: 0,
    rateLimitRate: 0,
    errorRate: 0,
    htmlRate: 0,
    invalidJsonRate: 0,
    truncateRate: 0,
    slowRate: 0,
    badItemRate: 0,
  })
  rig.timeoutMs = timeoutMs
  rig.clock.ms += 60_000
  await poller.pollNow()
  await poller.pollNow()
  expect((await rig.runs()).at(-1)?.outcome).toBe('complete')
  await expectComplete(rig, DAY_AGO)
})

test('a rate limit that lets a few pages through at a time does not keep a long backfill from ending', async () => {
  // Five pages, then nothing but 429 until the next run: each run must go on where the last one failed.
  let left = 5
  const rig = await startRig(db, {
    faults: {
      pageCap: () => {
        left -= 1
        if (left <= 0) rig.seam.setFaults({ rateLimitRate: 1 })
        return 50
      },
    },
  })
  fill(rig, 800)
  const poller = await rig.startPoller()
  await expect.poll(async () => (await rig.runs()).length).toBe(1)
  let rounds = 0
  for (; rounds < 30 && (await rig.runs()).at(-1)?.outcome !== 'complete'; rounds++) {
    left = 5
    rig.seam.setFaults({ rateLimitRate: 0 })
    // Due at once, so that the run is interrupted and leaves its walk; the one after it fails.
    void poller.pollNow()
    await poller.pollNow()
    await expectNoFalseClaim(rig)
  }
  await expectComplete(rig, DAY_AGO)
  expect(rounds).toBeLessThan(12)
})

test('I11: items that are no events go to quarantine once each and are counted, and the rest of their page is stored', async () => {
  const rig = await startRig(db)
  fill(rig, 600)
  const oddities = [
    {
      event_id: 'not-a-uuid',
      event_type: 'device.connected',
      created_at: formatInstant(micros(START_MS - 3 * HOUR_MS + 0)),
    },
    {
      event_id: '6b4ad1c5-1de3-4c1f-8f0d-2a6f0c1a7e5b',
      event_type: '',
      created_at: formatInstant(micros(START_MS - 3 * HOUR_MS + 1000)),
    },
    {
      event_id: '7b4ad1c5-1de3-4c1f-8f0d-2a6f0c1a7e5b',
      event_type: 'device.connected',
      created_at: formatInstant(micros(START_MS - 3 * HOUR_MS + 2000)),
      workspace_id: '00000000-0000-4000-8000-000000000000',
    },
  ]
  rig.seam.add(oddities.map((item) => ({ workspace_id: rig.workspaceId, ...item })))
  const poller = await rig.startPoller()
  await poller.pollNow()
  // While Seam's clock stands still, a slower answer proves less and leaves a hole of milliseconds for the next run.
  rig.clock.ms += MINUTE_MS
  await poller.pollNow()
  const good = rig.seam
    .events()
    .filter(({ event_id }) => !oddities.some((item) => item.event_id === event_id))
  expect([...(await storedEvents(rig)).keys()].toSorted()).toEqual(
    good.map(({ event_id }) => event_id).toSorted(),
  )
  const kept = await quarantined(rig)
  expect(kept.map(({ reason }) => reason)).toEqual(['bad_event_id', 'bad_event_type', 'foreign_workspace'])
  expect((await rig.runs()).at(-1)?.outcome, 'they do not hold up coverage').toBe('complete')

  // Read again by a poller that has lost its coverage: the same bytes are counted, not kept twice.
  await db.deleteFrom('coverage').where('workspace_id', '=', rig.workspaceId).execute()
  const timesBefore = kept.map(({ timesSeen }) => timesSeen)
  await poller.pollNow()
  const again = await quarantined(rig)
  expect(again.length).toBe(3)
  again.forEach(({ timesSeen }, i) => expect(timesSeen).toBeGreaterThan(timesBefore[i] ?? 0))
})

test('F5: a run whose items all go to quarantine is not complete, and says why; with one usable event it is', async () => {
  const rig = await startRig(db)
  const poller = await rig.startPoller()
  await poller.pollNow()
  const at = () => new Date(rig.clock.ms).toISOString()
  rig.seam.add(Array.from({ length: 3 }, () => ({ created_at: at(), event_type: 7 })))
  rig.clock.ms += MINUTE_MS
  await poller.pollNow()
  expect((await rig.runs()).at(-1)).toMatchObject({
    outcome: 'partial',
    eventsSeen: 3,
    error: expect.stringContaining('quarantine'),
  })
  expect(await quarantined(rig)).toHaveLength(3)

  rig.seam.emit(1)
  rig.clock.ms += MINUTE_MS
  await poller.pollNow()
  expect((await rig.runs()).at(-1)).toMatchObject({ outcome: 'complete', error: null })
})

test('I11: items without a creation time go to quarantine once each, and the events around them are stored and proven', async () => {
  // The simulated Seam puts one of four strays at a random place of every page.
  const rig = await startRig(db, { seed: 3, faults: { badItemRate: 1, pageCap: 100 } })
  fill(rig, 900)
  const poller = await rig.startPoller()
  for (let round = 0; round < 4; round++) {
    await poller.pollNow()
    await expectNoFalseClaim(rig)
  }
  expect((await storedEvents(rig)).size).toBeGreaterThan(500)
  const kept = await quarantined(rig)
  // There are four; which of them a page gets is chance.
  expect(kept.length).toBeGreaterThan(1)
  expect(kept.length).toBeLessThanOrEqual(4)
  expect(Math.max(...kept.map(({ timesSeen }) => timesSeen))).toBeGreaterThan(1)
  rig.seam.setFaults({ badItemRate: 0 })
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
})

describe('credentials', () => {
  test('that are refused make the poller skip ticks; it goes on when they are accepted again', async () => {
    const { rig, poller: first } = await startPolledRig()
    await first.stop()
    rig.seam.setFaults({ rejectCredentials: true })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    try {
      const poller = await rig.startPoller({
        schedule: '* * * * * *',
        clock: { ...systemClock, monotonicMs: () => Date.now() },
      })
      const asked = (): number => rig.seam.requests().length
      const failed = async (failures: number): Promise<void> => {
        await until(() => poller.status().failures === failures)
      }
      const before = asked()
      await failed(1)
      expect(asked() - before, 'no second attempt').toBe(1)
      expect(poller.status().lastError).toMatch(/401.*does not accept the credentials/)
      await vi.advanceTimersByTimeAsync(9_000)
      expect(asked() - before, 'nine ticks are left out').toBe(1)
      await vi.advanceTimersByTimeAsync(1_000)
      await failed(2)
      expect(asked() - before).toBe(2)

      rig.seam.setFaults({ rejectCredentials: false })
      rig.clock.ms += 3_600_000
      rig.seam.emit(5)
      await vi.advanceTimersByTimeAsync(10_000)
      await until(() => poller.status().failures === 0)
      const settled = asked()
      await vi.advanceTimersByTimeAsync(1_000)
      await until(() => asked() > settled)
    } finally {
      vi.useRealTimers()
    }
    await expectNoFalseClaim(rig)
    expect((await storedEvents(rig)).size).toBe(5)
    const outcomes = (await rig.runs()).map(({ outcome }) => outcome)
    expect(outcomes.filter((outcome) => outcome === 'failed').length).toBe(2)
  })

  test('for another workspace than the known one store nothing', async () => {
    const rig = await startRig(db)
    fill(rig, 10)
    const other = crypto.randomUUID()
    const workspaces = await openWorkspaces(db, [{ key: other, workspaceId: other }], createLogger('silent'))
    const poller = await rig.startPoller({ workspaces, workspaceKey: other })
    await poller.pollNow()
    expect(poller.status().lastError).toMatch(new RegExp(`${rig.workspaceId}.*${other}`))
    expect(rig.pagesAsked()).toBe(0)
    expect((await storedEvents(rig)).size).toBe(0)
  })
})

test('I6: events that become visible late, but within the settle time, are all there in the end', async () => {
  const rig = await startRig(db, { settleSeconds: 30, faults: { lateVisibilityMs: [0, 29_000] } })
  const poller = await rig.startPoller()
  for (let round = 0; round < 25; round++) {
    rig.seam.emit(40)
    rig.clock.ms += 7_000
    await poller.pollNow()
    // The claim holds for what is not visible yet as well.
    await expectNoFalseClaim(rig)
  }
  rig.clock.ms += 61_000
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
  expect(pageRequests(rig.seam).length, 'and the live edge does not cost many requests').toBeLessThan(25 * 4)
})

/** Waits for a condition without the timers, which are faked. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
