import { expect, onTestFinished } from 'vitest'
import {
  type SimulatedSeam,
  type SimulatedSeamOptions,
  startSimulatedSeam,
} from '../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../support/query-test.ts'
import type { Db } from '../../src/store/database.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { expectNoFalseClaim, expectSame, HOUR_MS } from '../poller/poller-rig.ts'
import { deliver, WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { startTestApp, type TestApp } from '../support/start-test-app.ts'

const SETTLE_SECONDS = 1
/**
 * Seam's clock is behind the database's by so much, so that a test can move it on without waiting: coverage never passes what either of
 * the two allows (I6).
 */
export const BEHIND_MS = 120_000

export interface FaultRig {
  app: TestApp
  seam: SimulatedSeam
  workspaceId: string
  /** A pool of the test's own, past whatever stands between the service and its database. */
  db: Db
  /** One run of the poller; its outcome and error as they were recorded, `null` when not even that was possible. */
  poll(): Promise<{ outcome: string; error: string | null } | null>
  coverage(): Promise<unknown>
}

/** Settings for a service that mirrors this simulated Seam by both paths; it polls when told to. */
export function settingsFor(seam: SimulatedSeam): Record<string, string> {
  return {
    SEAM_ENDPOINT: seam.url,
    SEAM_API_KEY: seam.apiKey,
    SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
    SEAM_MIRROR_SETTLE_SECONDS: String(SETTLE_SECONDS),
    SEAM_MIRROR_BACKFILL_SINCE: '3h',
  }
}

export interface FaultRigOptions {
  /** Where the service finds its database; a proxy's address, say. */
  url: string
  db: Db
  seam?: SimulatedSeamOptions
  environment?: Record<string, string>
}

/** The whole service over a simulated Seam with an hour of history, already polled once; both end with the test. */
export async function startFaultRig({
  url,
  db,
  seam: options,
  environment,
}: FaultRigOptions): Promise<FaultRig> {
  const faults = { clockOffsetMs: -BEHIND_MS, ...options?.faults }
  const seam = await startSimulatedSeam({ seed: 11, workspaceId: crypto.randomUUID(), ...options, faults })
  const seamNow = Date.now() + faults.clockOffsetMs
  seam.fill({ count: 30, from: seamNow - HOUR_MS, to: seamNow - 10_000 })
  const app = await startTestApp(url, { ...settingsFor(seam), ...environment })
  onTestFinished(async () => {
    await app.stop()
    await seam.stop()
  })
  const { workspaceId } = seam
  const runs = () =>
    queryTest<{ at: string; outcome: string; error: string | null }>(
      db,
      'select started_at::text as at, outcome, error from poll_runs where workspace_id = $1 order by run_id',
      [workspaceId],
    )
  const rig: FaultRig = {
    app,
    seam,
    workspaceId,
    db,
    poll: async () => {
      const before = new Set((await runs()).map(({ at }) => at))
      await app.pollers[0]?.pollNow()
      // A clock that is set back makes a new run older than those before it.
      const last = (await runs()).findLast(({ at }) => !before.has(at))
      return last === undefined ? null : { outcome: last.outcome, error: last.error }
    },
    coverage: () => readCoverage(db, workspaceId),
  }
  await rig.poll()
  await expectNoFalseClaim(rig)
  return rig
}

/** Seam's clock moves on by 40 seconds, in which twenty events happen, a second apart: their page proves some of that time. */
export function makeNews({ seam }: FaultRig): Record<string, unknown>[] {
  const from = Date.now() - BEHIND_MS + 5_000
  seam.setFaults({ clockOffsetMs: 40_000 - BEHIND_MS })
  const at = (i: number) => new Date(from + i * 1_000).toISOString()
  return seam.add(Array.from({ length: 20 }, (_, i) => ({ created_at: at(i) })))
}

/** Polls after Seam's clock has moved on past the settle time, and compares: everything there, once, and claimed. */
export async function expectAllGoodAgain(rig: FaultRig): Promise<void> {
  rig.seam.setFaults({ clockOffsetMs: 60_000 - BEHIND_MS })
  await rig.poll()
  expect(await rig.poll()).toEqual({ outcome: 'complete', error: null })
  await expectSame(rig)
  const covered = await readCoverage(rig.db, rig.workspaceId)
  expect(covered, 'one piece').toHaveLength(1)
  const newest = rig.seam.events().at(-1)?.created_at ?? ''
  const reach = Number((covered[0]?.to ?? 0n) / 1000n)
  expect(reach, 'the newest event is in covered time').toBeGreaterThan(Date.parse(newest))
}

/** As a sender does it: again and again until it is taken. Anything else than "not now" on the way is a failure. */
export async function deliverUntilTaken(url: string, event: Record<string, unknown> = {}): Promise<void> {
  await expect
    .poll(
      async () => {
        const { status } = await deliver(url, event)
        if (status !== 204 && status !== 503) throw new Error(`The delivery was answered ${status}.`)
        return status
      },
      { interval: 20 },
    )
    .toBe(204)
}
