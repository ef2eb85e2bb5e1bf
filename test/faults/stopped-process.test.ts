import { expect, onTestFinished, test } from 'vitest'
import { type SimulatedSeam, startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../support/query-test.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { expectNoFalseClaim, expectSame } from '../poller/poller-rig.ts'
import { type Service, startService } from '../support/run-program.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { deliverUntilTaken, settingsFor } from './fault-rig.ts'

/* Real processes that poll, stopped and killed. */

const { database, db } = await databaseOfThisFile()
const EVERY_SECOND = '* * * * * *'

async function startSeam(): Promise<SimulatedSeam> {
  const seam = await startSimulatedSeam({ seed: 13, workspaceId: crypto.randomUUID() })
  onTestFinished(() => seam.stop())
  return seam
}

/** A replica; it polls at once and every second. */
const startReplica = (seam: SimulatedSeam): Promise<Service> =>
  startService({
    DATABASE_URL: database.url,
    ...settingsFor(seam),
    SEAM_MIRROR_POLL_SCHEDULE: EVERY_SECOND,
    LOG_LEVEL: 'debug',
  })

async function stopReplica(replica: Service): Promise<void> {
  replica.kill('SIGTERM')
  expect((await replica.exit).code).toBe(0)
}

const leaseOf = async ({ workspaceId }: SimulatedSeam) => {
  const rows = await queryTest<{ holder: string; token: string }>(
    db,
    'select holder::text, token::text from leases where workspace_id = $1',
    [workspaceId],
  )
  return rows[0]
}

test('I13: a process that sleeps in the middle of a poll while another takes over moves no coverage when it wakes up', async () => {
  const seam = await startSeam()
  const pair = { db, seam, workspaceId: seam.workspaceId }
  seam.fill({ count: 60, from: Date.now() - 3_600_000, to: Date.now() - 10_000 })
  const sleeper = await startReplica(seam)
  await expect.poll(async () => (await readCoverage(db, seam.workspaceId)).length).toBe(1)
  const first = await leaseOf(seam)

  // Stopped while it waits for an answer, which is there when it wakes up. It has just seen that it holds the lease.
  let asked = 0
  seam.setFaults({
    pageCap: () => {
      if (asked++ === 0) sleeper.kill('SIGSTOP')
      return 500
    },
  })
  await expect.poll(() => asked).toBeGreaterThan(0)
  // Not seen by the sleeping process: its answer was made before, as of then.
  seam.emit(10)
  await queryTest(
    db,
    "update leases set expires_at = clock_timestamp() - interval '1 second' where workspace_id = $1",
    [seam.workspaceId],
  )
  const second = await startReplica(seam)
  await expect.poll(async () => (await leaseOf(seam))?.holder).not.toBe(first?.holder)
  const taken = await leaseOf(seam)
  expect(Number(taken?.token)).toBeGreaterThan(Number(first?.token))

  sleeper.kill('SIGCONT')
  await expect.poll(() => sleeper.stdout()).toContain('Another process has taken over')
  expect(await leaseOf(seam)).toEqual(taken)
  await expectNoFalseClaim(pair)

  // Both go on: the one that slept stands by and receives.
  const [pushed] = seam.emit(1)
  await deliverUntilTaken(sleeper.url, pushed)
  await expect.poll(() => expectSame(pair).then(() => 'the same', String)).toBe('the same')
  expect(await leaseOf(seam)).toEqual(taken)
  await stopReplica(sleeper)
  await stopReplica(second)
})

test('I4: a poller that is killed at any moment of a backfill leaves a true claim, and its successor completes it', async () => {
  const seam = await startSeam()
  const pair = { db, seam, workspaceId: seam.workspaceId }
  seam.fill({ count: 600, from: Date.now() - 3 * 3_600_000 + 60_000, to: Date.now() - 10_000 })
  let pages = 0
  let kill = () => {}
  seam.setFaults({
    pageCap: () => {
      pages += 1
      kill()
      return 20
    },
  })
  for (const [killedAt, delayMs] of [
    [4, 0],
    [7, 2],
    [11, 6],
  ] as const) {
    pages = 0
    // At the answer itself, or a little later: while its page is being stored.
    kill = () => {
      if (pages === killedAt) setTimeout(() => replica.kill('SIGKILL'), delayMs)
    }
    await queryTest(db, 'delete from leases where workspace_id = $1', [seam.workspaceId])
    const replica = await startReplica(seam)
    expect((await replica.exit).signal).toBe('SIGKILL')
    await expectNoFalseClaim(pair)
    seam.emit(2)
  }
  kill = () => {}
  await queryTest(db, 'delete from leases where workspace_id = $1', [seam.workspaceId])
  const last = await startReplica(seam)
  await expect.poll(() => expectSame(pair).then(() => 'the same', String)).toBe('the same')
  await stopReplica(last)
})
