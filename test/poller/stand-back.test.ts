import { expect, test } from 'vitest'
import { type Clock, systemClock } from '../../src/runtime/on-schedule.ts'
import { openSeamClient } from '../../src/seam/open-seam-client.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { DAY_AGO, expectComplete, MINUTE_MS, startRig } from './poller-rig.ts'

const { db } = await databaseOfThisFile()

/** Time passes faster for the schedule, which cannot fire more than once a second. */
const SPEED = 6
const clock: Clock = {
  ...systemClock,
  monotonicMs: () => SPEED * systemClock.monotonicMs(),
  after: (ms, callback) => systemClock.after(ms / SPEED, callback),
}
const OFTEN = { schedule: '* * * * * *', clock }
const WAIT = { timeout: 60_000, interval: 50 }

const apiKey = (key: string) => ({ kind: 'api_key', apiKey: key }) as const
/** An address where nothing listens. */
const NOWHERE = 'http://127.0.0.1:9'

test.each([
  ['whose way to Seam is broken', false],
  ['whose key is revoked', true],
])('F6: a replica %s lets the other poll', async (_title, isRevoked) => {
  const rig = await startRig(db)
  const good = { credentials: apiKey(rig.seam.apiKey), timeoutMs: 30_000 }
  const first = await rig.startPoller(OFTEN)
  await first.pollNow()
  await first.stop()
  // It knows the workspace, and takes the lease.
  let isBroken = false
  const bad = openSeamClient({
    ...good,
    ...(isRevoked ? { endpoint: rig.seam.url, credentials: apiKey('seam_revoked') } : { endpoint: NOWHERE }),
  })
  const right = openSeamClient({ ...good, endpoint: rig.seam.url })
  const broken = await rig.startPoller({
    ...OFTEN,
    client: {
      get: (path, options) => (isBroken ? bad : right).get(path, options),
      stream: (path, signal) => right.stream(path, signal),
    },
  })
  await broken.pollNow()
  expect(broken.status()).toMatchObject({ isStandby: false, failures: 0 })
  isBroken = true
  const healthy = await rig.startPoller(OFTEN)
  await expect.poll(() => healthy.status().lastSuccessAt, WAIT).not.toBeNull()
  // It also keeps the lease.
  await expect.poll(() => broken.status().isStandby, WAIT).toBe(true)
  expect(healthy.status().isStandby).toBe(false)
  rig.clock.ms += MINUTE_MS
  await healthy.pollNow()
  await expectComplete(rig, DAY_AGO)
})

test('F6: a single replica keeps trying, and succeeds as soon as Seam answers again', async () => {
  const rig = await startRig(db)
  const poller = await rig.startPoller(OFTEN)
  await poller.pollNow()
  rig.seam.setFaults({ errorRate: 1 })
  await expect.poll(() => poller.status().failures, WAIT).toBeGreaterThan(3)
  rig.seam.setFaults({ errorRate: 0 })
  await expect.poll(() => poller.status().failures, WAIT).toBe(0)
  expect(poller.status().isStandby).toBe(false)
})

test('F6: two replicas that both fail do not wait for each other for ever', async () => {
  const rig = await startRig(db)
  const pollers = [await rig.startPoller(OFTEN), await rig.startPoller(OFTEN)]
  await Promise.all(pollers.map((poller) => poller.pollNow()))
  rig.seam.setFaults({ errorRate: 1 })
  for (const poller of pollers) await expect.poll(() => poller.status().failures, WAIT).toBeGreaterThan(1)
  rig.seam.setFaults({ errorRate: 0 })
  await expect.poll(() => pollers.filter((poller) => poller.status().lastError === null).length, WAIT).toBe(2)
})
