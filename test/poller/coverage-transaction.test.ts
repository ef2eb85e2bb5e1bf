import { beforeAll, expect, test } from 'vitest'
import { queryTest } from '../support/query-test.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { MIRROR_API_KEY, startTestApp } from '../support/start-test-app.ts'
import { deliver } from '../support/sign-delivery.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import {
  DAY_AGO,
  DAY_MS,
  expectComplete,
  expectNoFalseClaim,
  type Rig,
  START_MS,
  startRig,
  storedEvents,
} from './poller-rig.ts'

const { database, db } = await databaseOfThisFile()
beforeAll(async () => {
  await queryTest(
    db,
    `create function refuse() returns trigger language plpgsql as
     $$ begin raise exception 'refused by the test' using errcode = 'P0001'; end $$`,
  )
})

/** Makes every write of a workspace's rows in a table fail, until the returned function is called. */
async function refuseWrites(
  table: 'events' | 'coverage',
  workspaceId: string,
): Promise<() => Promise<unknown>> {
  // No parameters in DDL; both are ours.
  await queryTest(
    db,
    `create trigger refuse_${table} before insert or update on ${table} for each row
     when (new.workspace_id = '${workspaceId}') execute function refuse()`,
  )
  return () => queryTest(db, `drop trigger refuse_${table} on ${table}`)
}

const coverageOf = (rig: Rig) => readCoverage(db, rig.workspaceId)

test('I4: when coverage cannot be written, no event of the page is stored either', async () => {
  const rig = await startRig(db)
  rig.seam.fill({ count: 700, from: START_MS - DAY_MS + 60_000, to: START_MS - 60_000 })
  const allow = await refuseWrites('coverage', rig.workspaceId)
  const poller = await rig.startPoller()
  await poller.pollNow()
  expect((await storedEvents(rig)).size).toBe(0)
  expect(await coverageOf(rig)).toEqual([])
  const runs = await rig.runs()
  expect(runs.map(({ outcome }) => outcome)).toEqual(runs.map(() => 'failed'))
  expect(runs.at(-1)?.error).toMatch(/refused by the test/)

  await allow()
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
})

test('I4: when events cannot be written, coverage stays where it was', async () => {
  const rig = await startRig(db)
  const poller = await rig.startPoller()
  await poller.pollNow()
  const before = await coverageOf(rig)
  const allow = await refuseWrites('events', rig.workspaceId)
  rig.seam.emit(3)
  rig.clock.ms += 3_600_000
  await poller.pollNow()
  expect(await coverageOf(rig)).toEqual(before)
  expect((await rig.runs()).at(-1)).toMatchObject({ outcome: 'failed', eventsNew: 0 })

  await allow()
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
})

test('I4: when the transaction of a page fails at its very end, coverage stays where it was', async () => {
  const rig = await startRig(db)
  const poller = await rig.startPoller()
  await poller.pollNow()
  const before = await coverageOf(rig)
  // A deferred constraint is checked by the commit, when everything has been written.
  await queryTest(
    db,
    `create constraint trigger refuse_commit after insert on events deferrable initially deferred for each row
     when (new.workspace_id = '${rig.workspaceId}') execute function refuse()`,
  )
  // Events of two moments: their page proves what lies between them.
  rig.seam.emit(1)
  rig.clock.ms += 60_000
  rig.seam.emit(1)
  rig.clock.ms += 3_600_000
  await poller.pollNow()
  expect(await coverageOf(rig)).toEqual(before)
  expect((await storedEvents(rig)).size).toBe(0)

  await queryTest(db, 'drop trigger refuse_commit on events')
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
})

test('I4: webhooks never move coverage', async () => {
  const rig = await startRig(db)
  const poller = await rig.startPoller()
  await poller.pollNow()
  const before = await coverageOf(rig)
  await poller.stop()

  const app = await startTestApp(database.url, {
    SEAM_WORKSPACE_ID: rig.workspaceId,
    SEAM_MIRROR_API_KEY: MIRROR_API_KEY,
  })
  try {
    rig.clock.ms += 3_600_000
    for (const event of rig.seam.emit(20)) expect((await deliver(app.url, event)).status).toBe(204)
  } finally {
    await app.stop()
  }
  expect((await storedEvents(rig)).size).toBe(20)
  expect(await coverageOf(rig)).toEqual(before)
  await expectNoFalseClaim(rig)
})

test('I4: a gap that webhooks have filled is still a gap until pages have shown it', async () => {
  const rig = await startRig(db)
  const app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: rig.workspaceId })
  rig.seam.fill({ count: 30, from: START_MS - DAY_MS + 60_000, to: START_MS - 60_000 })
  try {
    // Every other event is pushed: the ends of the day among them.
    const pushed = rig.seam.events().filter((_, i) => i % 2 === 0 || i === 29)
    for (const event of pushed) expect((await deliver(app.url, event)).status).toBe(204)
  } finally {
    await app.stop()
  }
  const poller = await rig.startPoller()
  await poller.pollNow()
  await expectComplete(rig, DAY_AGO)
})
