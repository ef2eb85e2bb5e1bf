import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Config, ConfigError } from '../../src/config/config.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { VARIABLES } from '../../src/config/variables.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { OTHER_WEBHOOK_SECRET, WEBHOOK_SECRET } from '../support/sign-delivery.ts'

const API_KEY = 'seam_test1_an_api_key_of_the_tests'
const TOKEN = 'seam_at1abcdefgh_a_personal_access_token'
const KEY_32 = Buffer.alloc(32, 7)

/** The problems of an environment; none when it is good. */
function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

const workspaceOf = (config: Config) => config.workspaces[0]

const good: [name: string, value: string, read: (config: Config) => unknown, expected: unknown][] = [
  ['PORT', '8080', (c) => c.port, 8080],
  ['PORT', '0', (c) => c.port, 0],
  ['PORT', '65535', (c) => c.port, 65_535],
  ['HOST', '127.0.0.1', (c) => c.host, '127.0.0.1'],
  ['DATABASE_URL', 'postgres://u:p@h/d', (c) => c.databaseUrl, 'postgres://u:p@h/d'],
  [
    'DATABASE_URL',
    'postgresql://h/d?sslmode=require',
    (c) => c.databaseUrl,
    'postgresql://h/d?sslmode=require',
  ],
  ['SEAM_MIRROR_DATA_DIR', 'elsewhere', (c) => c.dataDir, 'elsewhere'],
  ['SEAM_API_KEY', API_KEY, (c) => workspaceOf(c)?.credentials, { kind: 'api_key', apiKey: API_KEY }],
  ['SEAM_WORKSPACE_ID', WORKSPACE_ID.toUpperCase(), (c) => workspaceOf(c)?.workspaceId, WORKSPACE_ID],
  ['SEAM_ENDPOINT', 'http://localhost:3911/prefix/', (c) => c.seamEndpoint, 'http://localhost:3911/prefix'],
  ['SEAM_WEBHOOK_SECRET', WEBHOOK_SECRET, (c) => workspaceOf(c)?.webhookSecrets, [WEBHOOK_SECRET]],
  [
    'SEAM_WEBHOOK_SECRET',
    ` ${WEBHOOK_SECRET} ,${OTHER_WEBHOOK_SECRET},`,
    (c) => workspaceOf(c)?.webhookSecrets,
    [WEBHOOK_SECRET, OTHER_WEBHOOK_SECRET],
  ],
  ['SEAM_MIRROR_API_KEY', 'seam_x_anything', (c) => c.mirrorApiKey, 'seam_x_anything'],
  ['SEAM_MIRROR_SECRETS_KEY', KEY_32.toString('base64'), (c) => c.secretsKeys, [KEY_32]],
  ['SEAM_MIRROR_POLL_SCHEDULE', '*/5 * * * *', (c) => c.pollSchedule, '*/5 * * * *'],
  ['SEAM_MIRROR_SETTLE_SECONDS', '0', (c) => c.settleSeconds, 0],
  ['SEAM_MIRROR_SETTLE_SECONDS', '86400', (c) => c.settleSeconds, 86_400],
  [
    'SEAM_MIRROR_BACKFILL_SINCE',
    '90d',
    (c) => c.backfillSince,
    { kind: 'ago', duration: 90n * 86_400_000_000n },
  ],
  [
    'SEAM_MIRROR_BACKFILL_SINCE',
    '1970-01-01T00:00:01.5+00:00',
    (c) => c.backfillSince,
    { kind: 'instant', at: 1_500_000n },
  ],
  ['SEAM_MIRROR_AUDIT_SCHEDULE', '0 4 * * 1', (c) => c.auditSchedule, '0 4 * * 1'],
  ['SEAM_MIRROR_AUDIT_LOOKBACK_HOURS', '48', (c) => c.auditLookbackHours, 48],
  ['SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE', '0 0 * * * *', (c) => c.clientSessionsSchedule, '0 0 * * * *'],
  ['SEAM_MIRROR_RETENTION_DAYS', '365', (c) => c.retentionDays, 365],
  ['LOG_LEVEL', 'debug', (c) => c.logLevel, 'debug'],
  ['LOG_LEVEL', '  warn  ', (c) => c.logLevel, 'warn'],
]

const bad: [name: string, values: string[], says: RegExp][] = [
  ['PORT', ['-1', '65536', '3000.5', 'http', '0x50', '1e3'], /port number/],
  ['DATABASE_URL', ['mysql://h/d', 'localhost:5432/d', 'postgres', '/var/run'], /postgres:\/\//],
  ['SEAM_API_KEY', ['abc', 'seam_', TOKEN, 'seam_cst1_x', 'seam_pk1_x', 'seam_a b'], /API key/],
  ['SEAM_PERSONAL_ACCESS_TOKEN', [API_KEY, 'seam_at'], /personal access token/],
  ['SEAM_WORKSPACE_ID', ['my-workspace', WORKSPACE_ID.slice(1)], /UUID/],
  ['SEAM_ENDPOINT', ['connect.getseam.com', 'ftp://x', 'https'], /https?:\/\//],
  [
    'SEAM_WEBHOOK_SECRET',
    [
      'mySecret',
      'whsec_',
      'whsec_c2hvcnQ=',
      `${WEBHOOK_SECRET}!`,
      `${WEBHOOK_SECRET},whsec_`,
      // base64url, and padding left out
      `whsec_${'-_'.repeat(16)}`,
      `whsec_${Buffer.alloc(25, 1).toString('base64').replaceAll('=', '')}`,
    ],
    /whsec_/,
  ],
  [
    'SEAM_MIRROR_SECRETS_KEY',
    ['short', KEY_32.toString('hex'), Buffer.alloc(33).toString('base64'), `${KEY_32.toString('base64')}!!`],
    /32 bytes/,
  ],
  ['SEAM_MIRROR_POLL_SCHEDULE', ['hourly', '* * * *', '61 * * * * *'], /cron expression/],
  ['SEAM_MIRROR_AUDIT_SCHEDULE', ['every night'], /cron expression/],
  ['SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE', ['5m'], /cron expression/],
  ['SEAM_MIRROR_SETTLE_SECONDS', ['-1', '86401', '1.5', '5m', '0x10', '1e3'], /whole number/],
  ['SEAM_MIRROR_AUDIT_LOOKBACK_HOURS', ['0', '8761'], /whole number/],
  ['SEAM_MIRROR_RETENTION_DAYS', ['0', '-7', 'forever'], /whole number/],
  [
    'SEAM_MIRROR_BACKFILL_SINCE',
    ['yesterday', '2026-02-30T00:00:00Z', '30', '30 d', '2026-01-01'],
    /RFC 3339/,
  ],
  ['LOG_LEVEL', ['verbose', 'INFO'], /one of fatal/],
]

describe('each variable', () => {
  test.each(good)('%s may be %j', (name, value, read, expected) => {
    expect(read(parseConfig({ [name]: value }))).toEqual(expected)
  })

  test.each(bad.flatMap(([name, values, says]) => values.map((value) => [name, value, says] as const)))(
    '%s may not be %j, and the problem says what it must be',
    (name, value, says) => {
      const [problem, ...more] = problemsOf({ [name]: value }).filter((text) => !text.includes(' needs '))
      expect(more).toEqual([])
      expect(problem).toMatch(new RegExp(`^${name} `))
      expect(problem).toMatch(says)
    },
  )

  test('is tried here with a good value, and with bad ones unless any text is good', () => {
    const names = VARIABLES.map(({ name }) => name)
    // Tested with SEAM_WORKSPACE_ID, and with a file, below.
    const elsewhere = ['SEAM_PERSONAL_ACCESS_TOKEN', 'SEAM_MIRROR_WORKSPACES_FILE']
    const tried = new Set([...good.map(([name]) => name), ...elsewhere])
    expect(names.filter((name) => !tried.has(name))).toEqual([])
    const anyText = ['HOST', 'SEAM_MIRROR_DATA_DIR', 'SEAM_MIRROR_API_KEY', 'SEAM_MIRROR_WORKSPACES_FILE']
    const refused = new Set([...bad.map(([name]) => name), ...anyText])
    expect(names.filter((name) => !refused.has(name))).toEqual([])
  })

  test('counts as absent when it is empty or blank', () => {
    const blank = Object.fromEntries(VARIABLES.map(({ name }, i) => [name, i % 2 === 0 ? '' : '  ']))
    expect(parseConfig(blank)).toEqual(parseConfig({}))
  })

  test('has the default of the table when it is absent', () => {
    const defaults = VARIABLES.flatMap((v) => (v.default === null ? [] : [[v.name, v.default] as const]))
    expect(defaults.length).toBeGreaterThan(5)
    expect(parseConfig(Object.fromEntries(defaults))).toEqual(parseConfig({}))
    expect(parseConfig({})).toMatchObject({
      port: 3000,
      databaseUrl: null,
      dataDir: '.data',
      seamEndpoint: 'https://connect.getseam.com',
      settleSeconds: 300,
      auditLookbackHours: 30,
      retentionDays: null,
      mirrorApiKey: null,
      secretsKeys: [],
    })
  })
})

describe('several at once', () => {
  test('all problems are reported together', () => {
    const problems = problemsOf({
      PORT: 'http',
      DATABASE_URL: 'mysql://h/d',
      SEAM_MIRROR_POLL_SCHEDULE: 'often',
      SEAM_MIRROR_POLL_SHEDULE: '* * * * *',
      LOG_LEVEL: 'loud',
    })
    expect(problems).toHaveLength(5)
    for (const name of ['PORT', 'DATABASE_URL', 'POLL_SCHEDULE', 'POLL_SHEDULE', 'LOG_LEVEL']) {
      expect(problems.filter((problem) => problem.split(' ')[0]?.endsWith(name))).toHaveLength(1)
    }
  })

  test('an unknown SEAM_MIRROR_ variable is refused by its name, any other variable is nobody’s business', () => {
    expect(problemsOf({ SEAM_MIRROR_SETTLE: '5' })).toEqual([expect.stringMatching(/^SEAM_MIRROR_SETTLE /)])
    expect(problemsOf({ SEAM_MIRROR_OLD: '' })).toHaveLength(1)
    expect(problemsOf({ SEAM_OTHER: 'x', HOME: '/', LANG: 'C' })).toEqual([])
  })

  test('a personal access token goes with its workspace', () => {
    const both = { SEAM_PERSONAL_ACCESS_TOKEN: TOKEN, SEAM_WORKSPACE_ID: WORKSPACE_ID }
    expect(workspaceOf(parseConfig(both))).toMatchObject({
      workspaceId: WORKSPACE_ID,
      credentials: { kind: 'personal_access_token', token: TOKEN, workspaceId: WORKSPACE_ID },
    })
    expect(problemsOf({ SEAM_PERSONAL_ACCESS_TOKEN: TOKEN })).toEqual([
      expect.stringContaining('SEAM_WORKSPACE_ID'),
    ])
    expect(problemsOf({ ...both, SEAM_API_KEY: API_KEY })).toEqual([expect.stringContaining('use one')])
  })

  test('a bad workspace id is reported once', () => {
    expect(problemsOf({ SEAM_PERSONAL_ACCESS_TOKEN: TOKEN, SEAM_WORKSPACE_ID: 'x' })).toHaveLength(1)
  })
})

describe('warnings', () => {
  const complete = {
    SEAM_API_KEY: API_KEY,
    SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
    SEAM_MIRROR_API_KEY: 'seam_mirror1_long_enough_to_be_good',
  }

  test('a complete configuration has none', () => {
    expect(parseConfig(complete).warnings).toEqual([])
  })

  test.each([
    ['no key for the read API', { SEAM_MIRROR_API_KEY: '' }, /SEAM_MIRROR_API_KEY is not set/],
    ['a short one', { SEAM_MIRROR_API_KEY: 'seam_short' }, /at least 24/],
    ['one that the SDKs refuse', { SEAM_MIRROR_API_KEY: 'key_that_is_long_enough_otherwise' }, /SDKs/],
    [
      'one that looks like another token',
      { SEAM_MIRROR_API_KEY: 'seam_atlas_long_enough_otherwise' },
      /SDKs/,
    ],
    ['no credentials', { SEAM_API_KEY: '' }, /nothing is polled/],
    ['no webhook secret', { SEAM_WEBHOOK_SECRET: '' }, /by polling only/],
  ])('%s is worth one', (_what, change, says) => {
    expect(parseConfig({ ...complete, ...change }).warnings).toEqual([expect.stringMatching(says)])
  })
})

test('I9: no value of a secret variable is in any problem or warning, good or bad', () => {
  const secretNames = VARIABLES.flatMap((variable) => ('secret' in variable ? [variable.name] : []))
  expect(secretNames.length).toBeGreaterThanOrEqual(5)
  const text = fc.stringMatching(/^[!-~]{12,40}$/)
  const value = fc.oneof(
    text,
    ...['seam_', 'seam_at', 'seam_pk1_', 'whsec_', `${WEBHOOK_SECRET},`].map((prefix) =>
      text.map((rest) => `${prefix}${rest}`),
    ),
  )
  fc.assert(
    fc.property(fc.record(Object.fromEntries(secretNames.map((name) => [name, value]))), (environment) => {
      // Something is wrong anyway, so that there is a message.
      const problems = problemsOf({ ...environment, PORT: 'http' }).join('\n')
      expect(problems).toContain('PORT')
      for (const secret of Object.values(environment)) {
        expect(problems).not.toContain(secret)
        expect(problems).not.toContain(secret.slice(-12))
      }
      const { SEAM_MIRROR_API_KEY: key = '' } = environment
      expect(parseConfig({ SEAM_MIRROR_API_KEY: key }).warnings.join('\n')).not.toContain(key)
    }),
  )
})
