import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatInstant, microsFromMillis } from '../../src/domain/instant.ts'
import { type SimulatedSeam, startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../support/query-test.ts'
import { type Exit, runProgram } from '../support/run-program.ts'
import { startTestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const MINUTE_MS = 60_000

const { database, db } = await databaseOfThisFile()
let seam: SimulatedSeam
beforeAll(async () => {
  const now = Date.now()
  seam = await startSimulatedSeam({ seed: 7 })
  seam.fill({ count: 40, from: now - 50 * MINUTE_MS, to: now - 2 * MINUTE_MS })
  // The service covers the last hour.
  const app = await startTestApp(database.url, environment())
  await app.pollers[0]?.pollNow()
  await app.stop()
})
afterAll(async () => {
  await seam.stop()
})

const environment = (): Record<string, string> => ({
  SEAM_API_KEY: seam.apiKey,
  SEAM_ENDPOINT: seam.url,
  SEAM_MIRROR_SETTLE_SECONDS: '5',
})

const audit = (args: readonly string[], changes: Record<string, string> = {}): Promise<Exit> =>
  runProgram('bin/seam-mirror.js', ['audit', ...args], {
    DATABASE_URL: database.url,
    ...environment(),
    ...changes,
  })

function addLate(minutesAgo: number): string {
  const createdAt = formatInstant(microsFromMillis(Date.now() - minutesAgo * MINUTE_MS))
  return seam.add([{ created_at: createdAt }])[0]?.event_id ?? ''
}

describe('seam-mirror audit', () => {
  test('I6: exits 2 and names what was missing, then 0 because it is stored, and leaves a record of both', async () => {
    const late = addLate(30)
    const found = await audit(['--since', '1h'])
    expect(found).toMatchObject({ code: 2 })
    expect(found.stdout).toMatch(/^default: 1 event missing, stored now$/m)
    expect(found.stdout).toMatch(/^ {2}covered time from \S+Z to \S+Z$/m)
    expect(found.stdout).toContain(`    ${late}`)
    const advice = /SEAM_MIRROR_SETTLE_SECONDS, 5\) looks too short; (\d+) seconds/.exec(found.stdout)
    // The time from its creation to the audit's answer is half an hour, plus what the machine took to get there.
    expect(Number(advice?.[1])).toBeGreaterThanOrEqual(30 * 60)
    expect(Number(advice?.[1])).toBeLessThan(60 * 60)

    const clean = await audit(['--json'])
    expect(clean).toMatchObject({ code: 0 })
    expect(JSON.parse(clean.stdout)).toMatchObject({
      audits: [
        {
          workspace: 'default',
          workspace_id: seam.workspaceId,
          outcome: 'clean',
          events_missing: 0,
          missing_event_ids: [],
          settle_time_suspect: false,
          error: null,
        },
      ],
    })
    const rows = await queryTest(
      db,
      `select outcome, trigger, events_missing as missing, settle_time_suspect as suspect
       from audit_runs order by started_at`,
    )
    expect(rows).toEqual([
      { outcome: 'found', trigger: 'command', missing: 1, suspect: true },
      { outcome: 'clean', trigger: 'command', missing: 0, suspect: false },
    ])
  })

  test('exits 1 when Seam refuses the credentials: a failure never looks like a success', async () => {
    seam.setFaults({ rejectCredentials: true })
    const refused = await audit(['--since', '1h', '--json'])
    seam.setFaults({ rejectCredentials: false })
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.stdout)).toMatchObject({
      audits: [{ outcome: 'failed', error: expect.stringMatching(/credentials/) }],
    })
  })

  test('exits 1 when nothing in the range is covered', async () => {
    const none = await audit(['--since', '2020-01-01T00:00:00Z', '--until', '2020-01-02T00:00:00Z'])
    expect(none.code).toBe(1)
    expect(none.stdout).toMatch(/nothing in this range is covered/)
  })

  // The processes of one test run at once, because starting takes most of a process's time.
  test('refuses a range or a workspace that makes no sense with exit code 1, and says what is wrong', async () => {
    const cases: [string[], RegExp][] = [
      [['--since', 'yesterday'], /--since yesterday is neither/],
      [['--until', '2026-01-01'], /--until 2026-01-01 is not/],
      [['--since', '2026-01-02T00:00:00Z', '--until', '2026-01-01T00:00:00Z'], /must be before/],
      [['--workspace', 'elsewhere'], /no workspace elsewhere; configured are: default/],
    ]
    const exits = await Promise.all(cases.map(([args]) => audit(args)))
    exits.forEach(({ code, stdout, stderr }, i) => {
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(cases[i]?.[1] ?? '')
      expect(stderr).not.toMatch(/^\s+at /m)
    })
  })

  test('says that it needs credentials, and takes a workspace by name or id', async () => {
    const [without, ...named] = await Promise.all([
      audit([], { SEAM_API_KEY: '' }),
      ...['default', seam.workspaceId].map((name) => audit(['--since', '30m', '--workspace', name])),
    ])
    expect(without.code).toBe(1)
    expect(without.stderr).toMatch(/needs credentials/)
    expect(named).toMatchObject([{ code: 0 }, { code: 0 }])
  })
})

test('the service audits on its schedule', async () => {
  const late = addLate(20)
  const app = await startTestApp(database.url, {
    ...environment(),
    SEAM_MIRROR_AUDIT_SCHEDULE: '* * * * * *',
    SEAM_MIRROR_AUDIT_LOOKBACK_HOURS: '1',
  })
  try {
    await expect
      .poll(() =>
        queryTest<{ ids: string[] }>(
          db,
          "select missing_event_ids::text[] as ids from audit_runs where trigger = 'schedule' and outcome = 'found'",
        ),
      )
      .toEqual([{ ids: [late] }])
  } finally {
    await app.stop()
  }
  expect(app.logText()).toContain('settle time looks too short')
})
