import { describe, expect, test } from 'vitest'
import {
  acquireLease as acquire,
  fence,
  LeaseLostError,
  type Lease,
  releaseLease,
} from '../../src/store/coverage/leases.ts'
import { queryTest } from '../support/query-test.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { DAY_AGO, DAY_MS, expectComplete, expectNoFalseClaim, START_MS, startRig } from './poller-rig.ts'

const { db } = await databaseOfThisFile()

const acquireLease = async (...args: Parameters<typeof acquire>): Promise<Lease | null> =>
  (await acquire(...args))?.lease ?? null
const fenced = (ttlSeconds: number) => ({ ttlSeconds, watchedMs: 0 })

const [ONE, TWO] = [crypto.randomUUID(), crypto.randomUUID()]
const expire = (workspaceId: string) =>
  queryTest(
    db,
    "update leases set expires_at = clock_timestamp() - interval '1 second' where workspace_id = $1",
    [workspaceId],
  )

describe('a lease', () => {
  test('I13: is held by one poller at a time, can be renewed by its holder, and is free after it was released', async () => {
    const id = crypto.randomUUID()
    const first = await acquireLease(db, id, ONE, 30)
    expect(first).toMatchObject({ token: '1' })
    expect(await acquireLease(db, id, TWO, 30)).toBeNull()
    expect(await acquireLease(db, id, ONE, 30)).toEqual(first)
    if (first !== null) await releaseLease(db, first)
    expect(await acquireLease(db, id, TWO, 30)).toMatchObject({ token: '2' })
  })

  test('I13: goes to exactly one of twenty pollers that ask for it at once', async () => {
    const id = crypto.randomUUID()
    const asked = await Promise.all(
      Array.from({ length: 20 }, () => acquireLease(db, id, crypto.randomUUID(), 30)),
    )
    expect(asked.filter((lease) => lease !== null)).toHaveLength(1)
  })

  test('I13: stops a transaction of its former holder after it has changed hands, even when that holder takes it again later', async () => {
    const id = crypto.randomUUID()
    const first = await acquireLease(db, id, ONE, 30)
    await expire(id)
    await acquireLease(db, id, TWO, 30)
    const write = () =>
      db.transaction().execute((trx) => fence(trx, first as NonNullable<typeof first>, fenced(30)))
    await expect(write()).rejects.toThrow(LeaseLostError)
    await expire(id)
    await acquireLease(db, id, ONE, 30)
    await expect(write()).rejects.toThrow(LeaseLostError)
  })

  test('I13: cannot be taken between the check and the commit of a page', async () => {
    const id = crypto.randomUUID()
    const lease = await acquireLease(db, id, ONE, 30)
    if (lease === null) throw new Error('The lease was not free.')
    const order: string[] = []
    let taking: Promise<unknown> = Promise.resolve()
    await db.transaction().execute(async (trx) => {
      // A lifetime of no seconds: it has expired as soon as it is prolonged.
      await fence(trx, lease, fenced(0))
      taking = acquireLease(db, id, TWO, 30).then((taken) => order.push(taken === null ? 'refused' : 'taken'))
      await expect
        .poll(() =>
          queryTest(
            db,
            `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%into "leases"%'`,
          ),
        )
        .not.toEqual([])
      order.push('committed')
    })
    await taking
    expect(order).toEqual(['committed', 'taken'])
  })
})

describe('several pollers of one workspace', () => {
  test('I13: one of them polls and the others stand by; one of those takes over when it stops', async () => {
    const rig = await startRig(db)
    rig.seam.fill({ count: 300, from: START_MS - DAY_MS + 60_000, to: START_MS - 60_000 })
    const first = await rig.startPoller()
    await first.pollNow()
    const second = await rig.startPoller()
    await second.pollNow()
    const pages = rig.pagesAsked()
    await second.pollNow()
    expect(second.status()).toMatchObject({ isStandby: true, lastSuccessAt: null, failures: 0 })
    expect(rig.pagesAsked()).toBe(pages)
    await first.stop()
    rig.clock.ms += 60_000
    await second.pollNow()
    expect(second.status()).toMatchObject({ isStandby: false, failures: 0 })
    expect(rig.pagesAsked()).toBeGreaterThan(pages)
    await expectComplete(rig, DAY_AGO)
  })

  test('I13: a poller whose lease expired during its request, and was taken, moves no coverage with the answer', async () => {
    const rig = await startRig(db)
    rig.seam.fill({ count: 300, from: START_MS - DAY_MS + 60_000, to: START_MS - 60_000 })
    const asleep = await rig.startPoller()
    await asleep.pollNow()
    const covered = await readCoverage(db, rig.workspaceId)
    rig.clock.ms += 600_000
    rig.seam.emit(5)
    rig.seam.setFaults({ slowRate: 1, slowMs: 300 })
    const pages = rig.pagesAsked()
    const run = asleep.pollNow()
    await expect.poll(() => rig.pagesAsked()).toBeGreaterThan(pages)
    // What a long pause looks like to the database: the lease runs out, and somebody else takes it.
    await expire(rig.workspaceId)
    expect(await acquireLease(db, rig.workspaceId, TWO, 30)).not.toBeNull()
    await run
    expect(asleep.status().lastError).toMatch(/taken over/)
    expect(await readCoverage(db, rig.workspaceId)).toEqual(covered)
    await expectNoFalseClaim(rig)
  })
})
