import { describe, expect, test } from 'vitest'
import { type Micros, MICROS_PER_SECOND, formatInstant } from '../../src/domain/instant.ts'
import { createLogger } from '../../src/observability/create-logger.ts'
import {
  type AuditOptions,
  type AuditRequest,
  type AuditResult,
  auditWorkspace,
} from '../../src/audit/audit-workspace.ts'
import { type ScheduledAuditOptions, startAudit } from '../../src/audit/start-audit.ts'
import { createPageSize } from '../../src/walk/page-size.ts'
import { openSeamClient } from '../../src/seam/open-seam-client.ts'
import { queryTest } from '../support/query-test.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { type AuditRun, saveAuditRun } from '../../src/store/runs/save-audit-run.ts'
import { openWorkspaces } from '../../src/workspaces/open-workspaces.ts'
import { deliver } from '../support/sign-delivery.ts'
import { startTestApp } from '../support/start-test-app.ts'
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
  type Rig,
  START_MS,
  startRig,
  storedEvents,
} from '../poller/poller-rig.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

const { database, db } = await databaseOfThisFile()

const ALL: AuditRequest = { trigger: 'command', since: { kind: 'instant', at: DAY_AGO }, until: null }
const NEVER = '0 0 0 29 2 *'

async function auditOptions(rig: Rig, changes: Partial<AuditOptions> = {}): Promise<AuditOptions> {
  return {
    db,
    secrets: maskingSecrets(),
    client: openSeamClient({
      endpoint: rig.seam.url,
      credentials: { kind: 'api_key', apiKey: rig.seam.apiKey },
      timeoutMs: 120_000,
    }),
    pageSize: createPageSize(),
    workspaces: await openWorkspaces(
      db,
      [{ key: rig.workspaceId, workspaceId: null }],
      createLogger('silent'),
    ),
    workspaceKey: rig.workspaceId,
    settleSeconds: rig.settleSeconds,
    waiting: { sleep: async () => {}, random: () => 0.5 },
    ...changes,
  }
}

async function audit(
  rig: Rig,
  request: Partial<AuditRequest> = {},
  changes: Partial<AuditOptions> = {},
): Promise<AuditResult> {
  const { signal } = new AbortController()
  return auditWorkspace(await auditOptions(rig, changes), { ...ALL, ...request }, signal)
}

async function auditedRun(...args: Parameters<typeof audit>): Promise<AuditRun> {
  const result = await audit(...args)
  if (result.kind !== 'audited') throw new Error(`The audit was not one: ${result.kind}`)
  return result.run
}

interface AuditRow {
  outcome: string
  trigger: string
  pages: number
  seen: number
  missing: number
  ids: string[]
  suspect: boolean
  delay: string | null
  from: string
  to: string
  error: string | null
}

const auditRows = ({ workspaceId }: Rig) =>
  queryTest<AuditRow>(
    db,
    `select outcome, trigger, pages, events_seen as seen, events_missing as missing, missing_event_ids::text[] as ids,
       settle_time_suspect as suspect, longest_delay_seconds::text as delay,
       (extract(epoch from range_from) * 1000000)::bigint::text as from,
       (extract(epoch from range_to) * 1000000)::bigint::text as to, error
     from audit_runs where workspace_id = $1 order by started_at`,
    [workspaceId],
  )

/** A day of events, polled to the end, and a clock some minutes later. */
async function polledRig(count = 300, options: Parameters<typeof startRig>[1] = {}): Promise<Rig> {
  const rig = await startRig(db, options)
  rig.seam.fill({ count, from: START_MS - DAY_MS + MINUTE_MS, to: START_MS - MINUTE_MS })
  const poller = await rig.startPoller()
  await poller.pollNow()
  await poller.stop()
  await expectComplete(rig, DAY_AGO)
  rig.clock.ms += 2 * MINUTE_MS
  return rig
}

/** Events that Seam lists only now, long after their creation and the settle time. */
function addLate(rig: Rig, ...minutesAgo: number[]): string[] {
  return rig.seam
    .add(minutesAgo.map((m) => ({ created_at: formatInstant(micros(START_MS - m * MINUTE_MS)) })))
    .map(({ event_id: id }) => id)
}

const coverageOf = (rig: Rig) => readCoverage(db, rig.workspaceId)

describe('an audit', () => {
  test('of a complete copy is clean, changes nothing, and is recorded', async () => {
    const rig = await polledRig(700)
    const [covered, stored] = [await coverageOf(rig), await storedEvents(rig)]
    const run = await auditedRun(rig)
    expect(run).toMatchObject({ outcome: 'clean', eventsMissing: 0, isSettleTimeSuspect: false, error: null })
    expect(run.eventsSeen).toBeGreaterThanOrEqual(700)
    expect(await storedEvents(rig)).toEqual(stored)
    expect(await coverageOf(rig)).toEqual(covered)
    const [row, ...others] = await auditRows(rig)
    expect(others).toEqual([])
    expect(row).toMatchObject({ outcome: 'clean', trigger: 'command', missing: 0, ids: [], suspect: false })
    expect(row).toMatchObject({ pages: run.pages, seen: run.eventsSeen, error: null, delay: null })
    expect(BigInt(row?.from ?? 0)).toBe(DAY_AGO)
    expect(BigInt(row?.to ?? 0)).toBe(covered.at(-1)?.to)
  })

  test('I6: finds what became visible after the settle time, stores it once, counts it, and suspects the settle time', async () => {
    const rig = await polledRig()
    const late = addLate(rig, 30, 60, 90)
    await expect(expectNoFalseClaim(rig)).rejects.toThrow(/not stored/)
    const run = await auditedRun(rig)
    expect(run).toMatchObject({ outcome: 'found', eventsMissing: 3, isSettleTimeSuspect: true, error: null })
    expect(run.missingEventIds.toSorted()).toEqual(late.toSorted())
    // The time from the oldest event's creation, 90 minutes before the start, to the answer, plus the exchange and the whole seconds of `Date`.
    expect(run.longestDelaySeconds).toBeGreaterThanOrEqual(92 * 60)
    expect(run.longestDelaySeconds).toBeLessThan(92 * 60 + 10)
    await expectNoFalseClaim(rig)
    expect((await storedEvents(rig)).size).toBe(303)
    const [row] = await auditRows(rig)
    expect(row).toMatchObject({
      outcome: 'found',
      missing: 3,
      suspect: true,
      delay: `${run.longestDelaySeconds}`,
    })
    expect(row?.ids.toSorted()).toEqual(late.toSorted())

    // They are stored now, so the next audit says nothing about them.
    expect(await auditedRun(rig)).toMatchObject({
      outcome: 'clean',
      eventsMissing: 0,
      isSettleTimeSuspect: false,
    })
    expect((await storedEvents(rig)).size).toBe(303)
  })

  test('I6: an upstream that shows new events later than the settle time is caught, after the poller has passed them', async () => {
    const rig = await startRig(db, { settleSeconds: 10 })
    const poller = await rig.startPoller()
    await poller.pollNow()
    rig.seam.setFaults({ lateVisibilityMs: [40_000, 60_000] })
    for (let tick = 0; tick < 10; tick++) {
      rig.seam.emit(3)
      rig.clock.ms += 30_000
      await poller.pollNow()
    }
    rig.clock.ms += 5 * MINUTE_MS
    await poller.pollNow()
    const before = await storedEvents(rig)
    const run = await auditedRun(rig)
    expect(run).toMatchObject({ outcome: 'found', eventsMissing: 30 - before.size })
    expect(run.eventsMissing).toBeGreaterThan(0)
    await expectComplete(rig, DAY_AGO)
  })

  test('I6: when the settle time is long enough, an audit finds nothing', async () => {
    const rig = await startRig(db, { settleSeconds: 90, faults: { lateVisibilityMs: [40_000, 60_000] } })
    const poller = await rig.startPoller()
    for (let tick = 0; tick < 10; tick++) {
      rig.seam.emit(3)
      rig.clock.ms += 30_000
      await poller.pollNow()
      expect(await auditedRun(rig)).toMatchObject({ outcome: 'clean', eventsMissing: 0 })
    }
  })

  test('records the ids of the first twenty missing events, and counts all of them', async () => {
    const rig = await polledRig(10)
    addLate(rig, ...Array.from({ length: 25 }, (_, i) => 30 + i))
    const run = await auditedRun(rig, {}, {})
    expect(run.eventsMissing).toBe(25)
    expect(run.missingEventIds).toHaveLength(20)
    expect((await auditRows(rig))[0]?.ids).toHaveLength(20)
  })

  test('does not count an event as missing that a webhook has brought, but notes that polling saw it', async () => {
    const rig = await polledRig()
    const [late] = rig.seam.add([{ created_at: formatInstant(micros(START_MS - HOUR_MS)) }])
    if (late === undefined) throw new Error('No event was added.')
    const app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: rig.workspaceId })
    try {
      expect((await deliver(app.url, late)).status).toBe(204)
    } finally {
      await app.stop()
    }
    expect(await auditedRun(rig)).toMatchObject({ outcome: 'clean', eventsMissing: 0 })
    const [row] = await queryTest<{ both: boolean }>(
      db,
      'select webhook_at is not null and poll_at is not null as both from events where workspace_id = $1 and event_id = $2',
      [rig.workspaceId, late.event_id],
    )
    expect(row).toEqual({ both: true })
  })

  test('I2: stores what it finds as a poll does: with a poll sighting, and unusable items go to quarantine', async () => {
    const rig = await polledRig()
    const [id] = addLate(rig, 30)
    rig.seam.setFaults({ badItemRate: 1 })
    expect(await auditedRun(rig)).toMatchObject({ outcome: 'found', eventsMissing: 1 })
    const [row] = await queryTest<{ polled: boolean; pushed: boolean }>(
      db,
      'select poll_at is not null as polled, webhook_at is not null as pushed from events where workspace_id = $1 and event_id = $2',
      [rig.workspaceId, id],
    )
    expect(row).toEqual({ polled: true, pushed: false })
    const set = await queryTest(db, "select 1 from quarantine where workspace_id = $1 and path = 'poll'", [
      rig.workspaceId,
    ])
    expect(set).not.toEqual([])
  })

  test('reads bursts and capped pages to their end', async () => {
    const rig = await startRig(db, { faults: { pageCap: 60, shuffleWithinInstant: true } })
    const at = START_MS - 3 * HOUR_MS
    rig.seam.fill({
      count: 900,
      from: START_MS - DAY_MS + MINUTE_MS,
      to: START_MS - MINUTE_MS,
      burst: { count: 250, at },
    })
    const poller = await rig.startPoller()
    // The poller gets a stable order of equal instants and proves everything. The audit then gets the harder listing.
    rig.seam.setFaults({ shuffleWithinInstant: false })
    await poller.pollNow()
    await poller.pollNow()
    await expectComplete(rig, DAY_AGO)
    rig.clock.ms += 2 * MINUTE_MS
    const late = rig.seam.add(Array.from({ length: 150 }, () => ({ created_at: formatInstant(micros(at)) })))
    let cap = 40
    rig.seam.setFaults({ pageCap: () => (cap = cap === 40 ? 77 : 40) })
    expect(await auditedRun(rig)).toMatchObject({ outcome: 'found', eventsMissing: late.length })
    await expectNoFalseClaim(rig)
  })

  test('I4: never changes coverage, whatever it reads, finds, or fails at', async () => {
    const rig = await polledRig()
    const before = await queryTest(
      db,
      'select ranges::text, updated_at from coverage where workspace_id = $1',
      [rig.workspaceId],
    )
    const poll = await rig.runs()
    addLate(rig, 10, 20)
    // Seam's clock has moved on, so that its pages would prove more than is covered.
    rig.clock.ms += HOUR_MS
    rig.seam.emit(5)
    await auditedRun(rig, { until: micros(START_MS + DAY_MS) })
    await auditedRun(rig, { since: { kind: 'instant', at: DAY_AGO - micros(DAY_MS) } })
    rig.seam.setFaults({ errorRate: 1 })
    await auditedRun(rig)
    expect((await auditRows(rig)).map(({ outcome }) => outcome)).toEqual(['found', 'clean', 'failed'])
    const after = await queryTest(
      db,
      'select ranges::text, updated_at from coverage where workspace_id = $1',
      [rig.workspaceId],
    )
    expect(after).toEqual(before)
    expect(await rig.runs()).toEqual(poll)
  })

  test('I4: judges covered time only: events in a gap are not missing, because the gap is left to the poller', async () => {
    const rig = await polledRig()
    const at = (hoursAgo: number) => micros(START_MS - hoursAgo * HOUR_MS)
    // Half of the events in the gap are lost as well.
    await queryTest(
      db,
      `update coverage set ranges = ranges - tstzmultirange(tstzrange($2, $3)) where workspace_id = $1`,
      [rig.workspaceId, formatInstant(at(10)), formatInstant(at(5))],
    )
    await queryTest(
      db,
      'delete from events where workspace_id = $1 and created_at >= $2 and created_at < $3',
      [rig.workspaceId, formatInstant(at(10)), formatInstant(at(5))],
    )
    const [late] = addLate(rig, 60)
    // A request is a millisecond wider than covered time. An event in that millisecond is read and stored, but no coverage claimed it.
    const [edge] = rig.seam.add([{ created_at: formatInstant(at(5) - 500n) }])
    const run = await auditedRun(rig)
    expect((await storedEvents(rig)).has(edge?.event_id ?? '')).toBe(true)
    expect(run).toMatchObject({ outcome: 'found', eventsMissing: 1, missingEventIds: [late] })
    const inGap = [...(await storedEvents(rig)).values()].filter(
      (t) => t > at(10) + 1000n && t < at(5) - 1000n,
    )
    expect(inGap).toEqual([])
    await expectNoFalseClaim(rig)
    expect(await audit(rig, { since: { kind: 'instant', at: at(9) }, until: at(6) })).toMatchObject({
      kind: 'nothing_covered',
    })
  })

  test('reads only the range that it was asked for', async () => {
    const rig = await polledRig()
    const [inside] = addLate(rig, 120)
    addLate(rig, 60, 240)
    const [since, until] = [micros(START_MS - 3 * HOUR_MS), micros(START_MS - 90 * MINUTE_MS)]
    const run = await auditedRun(rig, { since: { kind: 'instant', at: since }, until })
    expect(run).toMatchObject({ outcome: 'found', missingEventIds: [inside], from: since, to: until })
    const duration = 90n * 60n * MICROS_PER_SECOND
    const again = await auditedRun(rig, { since: { kind: 'ago', duration }, until })
    expect(again).toMatchObject({ outcome: 'clean', from: until - duration, to: until })
  })

  test('I6: does not judge events that are younger than the settle time by Seam’s clock', async () => {
    const rig = await polledRig()
    const end = (await coverageOf(rig)).at(-1)?.to ?? 0n
    const hour = 3600n * MICROS_PER_SECOND
    const run = await auditedRun(rig, {}, { settleSeconds: 3600 })
    expect(run.outcome).toBe('clean')
    expect(run.to).toBeLessThan(end - hour + 200n * MICROS_PER_SECOND)
    const none = await auditedRun(
      rig,
      { since: { kind: 'ago', duration: hour / 4n } },
      { settleSeconds: 3600 },
    )
    expect(none).toMatchObject({ outcome: 'incomplete', error: expect.stringMatching(/settle time/) })
  })

  test('I6: right after a poll, proves everything up to the horizon by Seam’s clock', async () => {
    const rig = await polledRig()
    const poller = await rig.startPoller()
    await poller.pollNow()
    rig.seam.setFaults({ slowRate: 1, slowMs: 200 })
    expect(await auditedRun(rig)).toMatchObject({ outcome: 'clean' })
  })
})

describe('an audit that does not reach its end', () => {
  test('fails with the error; what it found before is stored and counted', async () => {
    const rig = await polledRig(600, {})
    const late = addLate(rig, 5)
    addLate(rig, 20 * 60)
    let pages = 0
    rig.seam.setFaults({
      pageCap: () => {
        pages += 1
        if (pages === 3) rig.seam.setFaults({ errorRate: 1 })
        return 100
      },
    })
    const run = await auditedRun(rig)
    expect(run).toMatchObject({ outcome: 'failed', error: expect.stringMatching(/500/), pages: 3 })
    expect(run).toMatchObject({ eventsMissing: 1, missingEventIds: late, isSettleTimeSuspect: true })
    expect(await auditRows(rig)).toMatchObject([
      { outcome: 'failed', missing: 1, ids: late, suspect: true, pages: 3 },
    ])
    expect((await auditRows(rig))[0]?.error).toMatch(/500/)
    rig.seam.setFaults({ errorRate: 0, pageCap: 500 })
    expect(await auditedRun(rig)).toMatchObject({ outcome: 'found', eventsMissing: 1 })
  })

  test('fails when the credentials are refused, or are for another workspace, and stores nothing of that one', async () => {
    const rig = await polledRig()
    rig.seam.setFaults({ rejectCredentials: true })
    expect(await auditedRun(rig)).toMatchObject({
      outcome: 'failed',
      pages: 0,
      error: expect.stringMatching(/credentials/),
    })
    rig.seam.setFaults({ rejectCredentials: false })
    const other = await startRig(db)
    other.seam.fill({ count: 5, from: START_MS - HOUR_MS, to: START_MS - MINUTE_MS })
    const workspaces = await openWorkspaces(
      db,
      [{ key: rig.workspaceId, workspaceId: rig.workspaceId }],
      createLogger('silent'),
    )
    const { client } = await auditOptions(other)
    expect(await auditedRun(rig, {}, { client, workspaces })).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/Nothing is read/),
    })
    expect(pageRequests(other.seam)).toEqual([])
  })

  test('I6: proves nothing without Seam’s clock, and says so; what it finds is stored all the same', async () => {
    const rig = await polledRig()
    addLate(rig, 30)
    rig.seam.setFaults({ omitDateHeader: true })
    const run = await auditedRun(rig)
    expect(run).toMatchObject({
      outcome: 'incomplete',
      eventsMissing: 1,
      error: expect.stringMatching(/Date/),
    })
    expect(run.longestDelaySeconds).toBeNull()
    await expectNoFalseClaim(rig)
  })

  test('is incomplete where the walk stalled', async () => {
    const at = START_MS - 3 * HOUR_MS
    const rig = await startRig(db)
    rig.seam.fill({
      count: 400,
      from: START_MS - DAY_MS + MINUTE_MS,
      to: START_MS - MINUTE_MS,
      burst: { count: 200, at },
    })
    await (await rig.startPoller()).pollNow()
    await expectComplete(rig, DAY_AGO)
    rig.clock.ms += 2 * MINUTE_MS
    rig.seam.setFaults({ pageCap: 50, ignoreOffset: true })
    const run = await auditedRun(rig)
    expect(run).toMatchObject({
      outcome: 'incomplete',
      error: expect.stringMatching(
        new RegExp(
          `could not prove .* places? again, between .* and ${formatInstant(micros(at)).slice(0, 22)}`,
        ),
      ),
    })
    expect((await auditRows(rig))[0]).toMatchObject({ outcome: 'incomplete' })
  })

  test('shows what it found even when its process was killed, because its record is written with each page', async () => {
    const rig = await polledRig(300)
    const late = addLate(rig, 5)
    rig.seam.setFaults({ pageCap: 50 })
    const { signal } = new AbortController()
    // A pause between two pages that never ends stands for the process's death at that point.
    const waits: string[] = []
    const options = await auditOptions(rig, {
      waiting: {
        random: () => 0.5,
        sleep: async () => {
          waits.push('paused')
          await new Promise(() => {})
        },
      },
    })
    void auditWorkspace(options, ALL, signal)
    await expect.poll(() => waits).toHaveLength(1)
    expect(await auditRows(rig)).toMatchObject([
      { outcome: 'failed', missing: 1, ids: late, error: expect.stringMatching(/not ended/) },
    ])
    await expectNoFalseClaim(rig)
  })

  test('counts nothing of a page that cannot be stored', async () => {
    const rig = await polledRig()
    addLate(rig, 30)
    await queryTest(
      db,
      `create or replace function refuse() returns trigger language plpgsql as
       $$ begin raise exception 'refused by the test' using errcode = 'P0001'; end $$`,
    )
    await queryTest(
      db,
      `create constraint trigger refuse_commit after insert on events deferrable initially deferred for each row
       when (new.workspace_id = '${rig.workspaceId}') execute function refuse()`,
    )
    const run = await auditedRun(rig)
    await queryTest(db, 'drop trigger refuse_commit on events')
    expect(run).toMatchObject({
      outcome: 'failed',
      eventsMissing: 0,
      error: expect.stringMatching(/refused/),
    })
    expect(await auditRows(rig)).toMatchObject([{ outcome: 'failed', missing: 0 }])
    expect(await auditedRun(rig)).toMatchObject({ outcome: 'found', eventsMissing: 1 })
  })
})

describe('an audit beside a poller', () => {
  test('I4: both can run at once: everything is stored once, coverage is true, and no poll is lost', async () => {
    const rig = await polledRig(800, { faults: { pageCap: 90 } })
    const late = addLate(rig, 15, 200, 900)
    const poller = await rig.startPoller()
    const progress = { isAuditing: true }
    const auditing = auditedRun(rig).finally(() => {
      progress.isAuditing = false
    })
    while (progress.isAuditing) {
      rig.seam.emit(2)
      rig.clock.ms += 30_000
      await poller.pollNow()
      expect(poller.status()).toMatchObject({ failures: 0, isStandby: false })
    }
    const run = await auditing
    // The poller may have found the newest of them first.
    expect(run.missingEventIds).toEqual(expect.arrayContaining(late.slice(1)))
    await poller.pollNow()
    await expectComplete(rig, DAY_AGO)
  })

  test('two audits at once count every missing event once', async () => {
    const rig = await polledRig(300, { faults: { pageCap: 50 } })
    addLate(rig, 5, 300, 600, 1000)
    const runs = await Promise.all([auditedRun(rig), auditedRun(rig), auditedRun(rig)])
    expect(runs.reduce((sum, { eventsMissing }) => sum + eventsMissing, 0)).toBe(4)
    expect(await auditRows(rig)).toHaveLength(3)
    await expectNoFalseClaim(rig)
  })

  test('pauses between its pages', async () => {
    const rig = await polledRig(300, { faults: { pageCap: 50 } })
    const waits: number[] = []
    const run = await auditedRun(
      rig,
      {},
      {
        waiting: { sleep: async (ms) => void waits.push(ms), random: () => 0.5 },
      },
    )
    expect(waits).toEqual(Array(run.pages - 1).fill(250))
  })
})

describe('the scheduled audit', () => {
  async function scheduled(rig: Rig, changes: Partial<ScheduledAuditOptions> = {}) {
    const lines: string[] = []
    const audits = startAudit({
      ...(await auditOptions(rig)),
      schedule: NEVER,
      lookbackHours: 2,
      isPolling: () => true,
      logger: createLogger('info', { write: (line) => void lines.push(line) }),
      ...changes,
    })
    return { audits, logs: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
  }

  test('reads the last hours of covered time, and warns when something was missing', async () => {
    const rig = await polledRig()
    const end = (await coverageOf(rig)).at(-1)?.to ?? 0n
    const [late] = addLate(rig, 60)
    addLate(rig, 180)
    const { audits, logs } = await scheduled(rig)
    await audits.auditNow()
    const [row] = await auditRows(rig)
    expect(row).toMatchObject({ trigger: 'schedule', outcome: 'found', missing: 1, ids: [late] })
    expect(BigInt(row?.from ?? 0)).toBe(end - 7200n * MICROS_PER_SECOND)
    const warnings = logs().filter(({ level }) => level === 'warn' || level === 40)
    expect(warnings).toMatchObject([{ eventsMissing: 1, missingEventIds: [late], settleSeconds: 10 }])
    expect(warnings[0]?.msg).toMatch(/settle time looks too short/)
    await audits.auditNow()
    expect(logs().at(-1)).toMatchObject({ msg: 'audited', outcome: 'clean' })
    await audits.stop()
  })

  test('warns of a failure, never overlaps, and does nothing before anything is covered', async () => {
    const rig = await startRig(db)
    const { audits, logs } = await scheduled(rig)
    await audits.auditNow()
    expect(await auditRows(rig)).toEqual([])
    expect(logs().at(-1)?.msg).toMatch(/nothing is covered/)
    await (await rig.startPoller()).pollNow()
    rig.seam.setFaults({ errorRate: 1 })
    await Promise.all([audits.auditNow(), audits.auditNow(), audits.auditNow()])
    expect(await auditRows(rig)).toMatchObject([{ outcome: 'failed' }])
    expect(logs().at(-1)).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/500/) })
    await audits.stop()
  })

  test('runs when its schedule fires, where this process polls', async () => {
    const rig = await polledRig(20)
    let isPolling = false
    let timesAsked = 0
    const { audits } = await scheduled(rig, {
      schedule: '* * * * * *',
      isPolling: () => {
        timesAsked += 1
        return isPolling
      },
    })
    await expect.poll(() => timesAsked).toBeGreaterThan(1)
    expect(await auditRows(rig)).toEqual([])
    isPolling = true
    await expect.poll(() => auditRows(rig)).not.toEqual([])
    await audits.stop()
  })

  test('I14: stops at once during an audit, which is then recorded as incomplete', async () => {
    const rig = await polledRig(300, { faults: { pageCap: 50 } })
    rig.seam.setFaults({ slowRate: 1, slowMs: 600_000 })
    const { audits } = await scheduled(rig)
    const running = audits.auditNow()
    const asked = rig.seam.requests().length
    await expect.poll(() => rig.seam.requests().length).toBeGreaterThanOrEqual(asked + 1)
    await audits.stop()
    await running
    expect(await auditRows(rig)).toMatchObject([
      { outcome: 'incomplete', error: expect.stringMatching(/stopped/) },
    ])
    await audits.auditNow()
    expect(await auditRows(rig)).toHaveLength(1)
  })
})

test('records of audits are kept for 90 days', async () => {
  const rig = await polledRig(5)
  const run = await auditedRun(rig)
  const days = (count: number) => new Date(run.startedAt.getTime() - count * DAY_MS)
  for (const startedAt of [days(89), days(91)]) {
    await saveAuditRun(db, rig.workspaceId, { ...run, auditId: crypto.randomUUID(), startedAt })
  }
  await auditedRun(rig)
  const rows = await queryTest<{ age: number }>(
    db,
    `select extract(day from clock_timestamp() - started_at)::int as age from audit_runs
     where workspace_id = $1 order by started_at`,
    [rig.workspaceId],
  )
  expect(rows.map(({ age }) => age)).toEqual([89, 0, 0])
})

test('an instant keeps its microseconds on the way into the record', async () => {
  const rig = await polledRig(5)
  const until: Micros = micros(START_MS - 4 * HOUR_MS) + 123_457n
  await auditedRun(rig, { until })
  expect((await auditRows(rig))[0]?.to).toBe(`${until}`)
})
