import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MAX_COVERAGE_BYTES } from '../../../src/api/coverage/coverage-route.ts'
import { startSimulatedSeam, type SimulatedSeam } from '../../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../../support/query-test.ts'
import { printReport } from '../../../src/status/print-report.ts'
import type { CoverageReport } from '../../../src/status/coverage-report.ts'
import { runProgram } from '../../support/run-program.ts'
import { deliver, WEBHOOK_SECRET } from '../../support/sign-delivery.ts'
import { MIRROR_API_KEY, startTestApp, type TestApp } from '../../support/start-test-app.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'

const HOUR_MS = 3_600_000

interface Coverage {
  complete: { from: string; to: string } | null
  lag_seconds: number
  ranges: { from: string; to: string }[]
  gaps: { from: string; to: string }[]
  truncated?: { ranges: number; gaps: number }
  progress: number
  polling: {
    last_runs: { outcome: string; error: string | null }[]
    last_success_at: string | null
    credentials_rejected: boolean
  }
  webhooks: { last_at: string | null; not_arriving_since: string | null }
  sightings: {
    webhook_only: number
    poll_only: number
    both: number
    webhook_lag: { p50: number; p95: number; p99: number } | null
    poll_lag: { p50: number } | null
  }
  quarantine: { reason: string; items: number }[]
  client_sessions: Record<string, unknown> | null
}

const { database } = await databaseOfThisFile()
let seam: SimulatedSeam
let app: TestApp

beforeEach(async () => {
  await database.empty()
  seam = await startSimulatedSeam({ seed: 3 })
  app = await startTestApp(database.url, environment())
})
afterEach(async () => {
  await app.stop()
  await seam.stop()
})

const environment = () => ({
  SEAM_ENDPOINT: seam.url,
  SEAM_API_KEY: seam.apiKey,
  SEAM_MIRROR_SETTLE_SECONDS: '1',
  SEAM_MIRROR_BACKFILL_SINCE: '4h',
})

async function coverage(query = ''): Promise<Coverage> {
  const response = await fetch(`${app.url}/v1/coverage${query}`, {
    headers: { authorization: `Bearer ${MIRROR_API_KEY}` },
  })
  expect(response.status).toBe(200)
  return ((await response.json()) as { coverage: Coverage }).coverage
}

/** Events a minute apart, the newest of them created `minutesAgo`. */
function history(count: number, minutesAgo: number) {
  const at = (i: number) => new Date(Date.now() - (minutesAgo + i) * 60_000).toISOString()
  return seam.add(Array.from({ length: count }, (_, i) => ({ created_at: at(i) })))
}

describe('/v1/coverage', () => {
  test('says from when to when the copy is complete, and how the poller got there', async () => {
    history(50, 2)
    await app.pollers[0]?.pollNow()
    const report = await coverage()
    expect(Date.parse(report.complete?.from ?? '')).toBeLessThanOrEqual(Date.now() - 4 * HOUR_MS + 60_000)
    expect(Date.parse(report.complete?.to ?? '')).toBeGreaterThan(Date.now() - HOUR_MS)
    expect(report).toMatchObject({ gaps: [], progress: 1, quarantine: [] })
    expect(report.polling).toMatchObject({
      credentials_rejected: false,
      last_runs: [{ outcome: 'complete', error: null }, {}],
    })
    expect(report.sightings).toMatchObject({ webhook_only: 0, poll_only: 50, both: 0, webhook_lag: null })
  })

  test('shows the gap that is left, and how much is covered', async () => {
    history(20, 2)
    await app.pollers[0]?.pollNow()
    await queryTest(
      app.db,
      `update coverage set ranges = ranges - tstzmultirange(tstzrange(now() - interval '3 hours', now() - interval '2 hours'))`,
    )
    const report = await coverage()
    expect(report.gaps).toHaveLength(1)
    expect(report.progress).toBeCloseTo(0.75, 2)
    expect(Date.parse(report.complete?.from ?? '')).toBeGreaterThan(Date.now() - 3 * HOUR_MS)
  })

  test('I12: ends at a megabyte: the newest ranges and gaps stay, and it says how many were left out', async () => {
    await app.pollers[0]?.pollNow()
    await queryTest(
      app.db,
      `update coverage set ranges = (select range_agg(tstzrange(at, at + interval '1 second'))
         from generate_series(now() - interval '8 hours', now() - interval '1 hour', interval '2 seconds') as at)`,
    )
    const report = await coverage()
    const bytes = Buffer.byteLength(JSON.stringify(report))
    expect(bytes).toBeLessThanOrEqual(MAX_COVERAGE_BYTES)
    expect(bytes).toBeGreaterThan(MAX_COVERAGE_BYTES / 3)
    expect(report.ranges.at(-1)).toEqual(report.complete)
    expect(report.gaps[0]?.to).toBe(report.complete?.from)
    expect((report.truncated?.ranges ?? 0) + report.ranges.length).toBeGreaterThan(12_000)
    expect((report.truncated?.gaps ?? 0) + report.gaps.length).toBeGreaterThan(12_000)
  })

  test('never shows a failed run as a success, and says when the credentials are rejected', async () => {
    await app.pollers[0]?.pollNow()
    const before = await coverage()
    seam.setFaults({ rejectCredentials: true })
    await app.pollers[0]?.pollNow()
    const { polling } = await coverage()
    expect(polling.last_runs[0]).toMatchObject({
      outcome: 'failed',
      error: expect.stringContaining('credentials') as string,
    })
    expect(polling).toMatchObject({
      credentials_rejected: true,
      last_success_at: before.polling.last_success_at,
    })
  })

  test('counts sightings by path, with the lag of each, within the window asked for', async () => {
    const events = history(30, 2)
    for (const event of events.slice(0, 10)) await deliver(app.url, event)
    await deliver(app.url, { ...events[0], event_id: crypto.randomUUID() })
    await app.pollers[0]?.pollNow()
    const { sightings, webhooks } = await coverage()
    expect(sightings).toMatchObject({ webhook_only: 1, poll_only: 20, both: 10 })
    expect(sightings.webhook_lag?.p50).toBeGreaterThan(100)
    expect(sightings.webhook_lag?.p99).toBeGreaterThanOrEqual(sightings.webhook_lag?.p95 ?? Infinity)
    expect(sightings.poll_lag?.p50).toBeGreaterThan(100)
    expect(webhooks.last_at).toMatch(/Z$/)
    // These are the newest four, and the one that came by webhook alone.
    const since = new Date(Date.parse(events[3]?.created_at ?? '') - 30_000).toISOString()
    const narrow = await coverage(`?since=${since}`)
    expect(narrow.sightings.poll_only + narrow.sightings.both + narrow.sightings.webhook_only).toBe(5)
  })

  test('says since when webhooks are not arriving, and takes it back by itself when one comes', async () => {
    const events = history(30, 2)
    await app.pollers[0]?.pollNow()
    expect((await coverage()).webhooks.not_arriving_since).toBe(events.at(-1)?.created_at)
    await deliver(app.url, seam.add([{}])[0] as Record<string, unknown>)
    expect((await coverage()).webhooks.not_arriving_since).toBeNull()
  })

  test('a few events without a webhook are no alarm, and neither is a backfill', async () => {
    history(4, 15)
    history(100, 70)
    await app.pollers[0]?.pollNow()
    expect((await coverage()).sightings.poll_only).toBe(104)
    expect((await coverage()).webhooks.not_arriving_since).toBeNull()
  })

  test('counts what is in quarantine by reason', async () => {
    await app.pollers[0]?.pollNow()
    await deliver(app.url, 'not json')
    await deliver(app.url, { event_id: 'x', workspace_id: seam.workspaceId })
    expect((await coverage()).quarantine).toMatchObject([
      { reason: 'bad_event_id', items: 1 },
      { reason: 'not_json', items: 1 },
    ])
  })

  test('E9: shows how the copying of the client sessions goes, and when it is so old that tokens are refused', async () => {
    const listed = seam.hotel.clientSessions.length
    await app.pollers[0]?.pollNow()
    await app.sessionSyncs[0]?.syncNow()
    expect((await coverage()).client_sessions).toMatchObject({
      last_outcome: 'complete',
      last_error: null,
      tokens_accepted: true,
      listed,
      unusable: 0,
      unconfirmed: 0,
    })
    seam.setFaults({ rejectCredentials: true })
    await app.sessionSyncs[0]?.syncNow()
    await app.sessionSyncs[0]?.syncNow()
    await queryTest(app.db, "update client_session_syncs set succeeded_at = now() - interval '25 hours'")
    expect((await coverage()).client_sessions).toMatchObject({
      last_outcome: 'failed',
      last_error: expect.stringMatching(/credentials/) as string,
      failures: expect.any(Number) as number,
      tokens_accepted: false,
    })
    const env = { DATABASE_URL: database.url, ...environment() }
    const { stdout } = await runProgram('bin/seam-mirror.js', ['status'], env)
    expect(stdout).toMatch(/sessions {6}FAILED, \d times since the last success: .*credentials/)
    expect(stdout).toContain('TOKENS ARE REFUSED')
  })

  test('shows the last audit, and what it found', async () => {
    history(20, 2)
    await app.pollers[0]?.pollNow()
    const late = seam.add([{ created_at: new Date(Date.now() - 300_000).toISOString() }])
    const env = { DATABASE_URL: database.url, ...environment() }
    expect((await runProgram('bin/seam-mirror.js', ['audit', '--since', '1h'], env)).code).toBe(2)
    const report = (await coverage()) as Coverage & { audits: unknown[] }
    expect(report.audits).toMatchObject([
      { outcome: 'found', trigger: 'command', events_missing: late.length, settle_time_suspect: true },
    ])
    const status = await runProgram('bin/seam-mirror.js', ['status'], env)
    expect(status.stdout).toMatch(/found, 1 of \d+ events were missing/)
  })

  test('I12: refuses both since and between, a window of years, and anybody without a key', async () => {
    await app.pollers[0]?.pollNow()
    const both = await fetch(
      `${app.url}/v1/coverage?since=2026-01-01&between=2026-01-01&between=2026-01-02`,
      {
        headers: { authorization: `Bearer ${MIRROR_API_KEY}` },
      },
    )
    expect(both.status).toBe(400)
    const long = await fetch(`${app.url}/v1/coverage?since=2020-01-01`, {
      headers: { authorization: `Bearer ${MIRROR_API_KEY}` },
    })
    expect([long.status, await long.text()]).toEqual([400, expect.stringContaining('31 days')])
    expect((await fetch(`${app.url}/v1/coverage`)).status).toBe(401)
  })

  test('C6: refuses parameters that it does not have, by name', async () => {
    await app.pollers[0]?.pollNow()
    const response = await fetch(`${app.url}/v1/coverage?until=2026-01-01`, {
      method: 'POST',
      headers: { authorization: `Bearer ${MIRROR_API_KEY}`, 'content-type': 'application/json' },
      body: '{"form":"2026-01-01"}',
    })
    const { error } = (await response.json()) as { error: { type: string; message: string } }
    expect([response.status, error.type, error.message]).toEqual([
      400,
      'invalid_input',
      'Unknown parameters: until, form (there are: since, between)',
    ])
  })
})

test('seam-mirror status says the same, for a person and as JSON', async () => {
  history(30, 2)
  await app.pollers[0]?.pollNow()
  const env = { DATABASE_URL: database.url, SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET, ...environment() }
  const json = await runProgram('bin/seam-mirror.js', ['status', '--json'], env)
  expect(JSON.parse(json.stdout)).toMatchObject({
    workspaces: [{ workspace_id: seam.workspaceId, sightings: { poll_only: 30 }, progress: 1 }],
  })
  const text = await runProgram('bin/seam-mirror.js', ['status'], env)
  expect(text.stdout).toContain(`Workspace ${seam.workspaceId}`)
  expect(text.stdout).toMatch(/complete {6}\d{4}-.* s behind now/)
  expect(text.stdout).toContain('ARE NOT ARRIVING since')
})

test('a failed run is printed as one, in capitals', () => {
  const run = {
    startedAt: 'a',
    finishedAt: 'b',
    outcome: 'failed',
    pages: 0,
    eventsSeen: 0,
    eventsNew: 0,
    error: 'away',
    errorKind: null,
    clock: null,
    clockAheadSeconds: null,
  } as const
  const report: CoverageReport = {
    workspaceId: 'w',
    complete: null,
    checkpoint: null,
    lagSeconds: null,
    ranges: [],
    gaps: [],
    progress: null,
    polling: { lastRuns: [run], lastSuccessAt: null, credentialsRejected: true, clock: null },
    webhooks: null,
    sightings: {
      from: 'f',
      to: 't',
      webhookOnly: 0,
      pollOnly: 0,
      both: 0,
      webhookLag: null,
      pollLag: null,
      lastWebhookAt: null,
      pollOnlySince: null,
    },
    audits: [],
    quarantine: [],
    names: [],
    clientSessions: null,
    leftOut: [{ what: 'customer_key: too long', events: 3 }],
    refusedDeliveries: [
      { reason: 'too_old', deliveries: 7, worstSkewSeconds: 640, lastAt: 'l' },
      { reason: 'wrong_signature', deliveries: 2, worstSkewSeconds: null, lastAt: 'l' },
    ],
  }
  const text = printReport(report).join('\n')
  expect(text).toContain('FAILED: away')
  expect(text).toContain('does not accept the credentials')
  expect(text).toContain('nothing is proven yet')
  expect(text).toContain('not filtered  3 events are not found by customer_key: too long')
  expect(text).toContain(
    'refused       7 deliveries: too_old, the clocks 640 s apart at the worst; last at l',
  )
  expect(text).toContain('              2 deliveries: wrong_signature; last at l')
})
