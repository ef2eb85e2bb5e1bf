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
const MIRROR_KEY = 'seam_mirror_0123456789abcdef0123'
const NOW = Date.parse('2026-11-25T12:00:00Z')

/** The problems of an environment; none when it is good. */
function problemsOf(environment: Record<string, string>, nowMs = NOW): readonly string[] {
  try {
    parseConfig(environment, nowMs)
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
    'postgresql://h/d?sslmode=no-verify',
    (c) => c.databaseUrl,
    'postgresql://h/d?sslmode=no-verify',
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
  ['SEAM_MIRROR_API_KEY', MIRROR_KEY, (c) => c.mirrorApiKey, MIRROR_KEY],
  ['SEAM_MIRROR_SECRETS_KEY', KEY_32.toString('base64'), (c) => c.secretsKeys, [KEY_32]],
  [
    'SEAM_MIRROR_CORS_ORIGINS',
    'https://a.example, http://localhost:5173,https://b.example:8443',
    (c) => c.corsOrigins,
    ['https://a.example', 'http://localhost:5173', 'https://b.example:8443'],
  ],
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
  ['SEAM_MIRROR_TIME_ZONE', 'America/New_York', (c) => c.timeZone, 'America/New_York'],
  ['SEAM_MIRROR_NAMES_SCHEDULE', '0 0 * * * *', (c) => c.namesSchedule, '0 0 * * * *'],
  ['SEAM_MIRROR_NAMES_SCHEDULE', 'off', (c) => c.namesSchedule, null],
  [
    'HTTPS_PROXY',
    'http://ada:pw@proxy.example:3128',
    (c) => c.httpsProxy,
    'http://ada:pw@proxy.example:3128',
  ],
  ['HTTP_PROXY', 'https://proxy.example', (c) => c.httpProxy, 'https://proxy.example'],
  ['NO_PROXY', 'localhost,.internal', (c) => c.noProxy, 'localhost,.internal'],
  ['SEAM_MIRROR_TRUST_PROXY', '2', (c) => c.trustProxy, 2],
  ['SEAM_MIRROR_TRUST_PROXY', '10.0.0.0/8, loopback', (c) => c.trustProxy, ['10.0.0.0/8', 'loopback']],
  ['LOG_LEVEL', 'debug', (c) => c.logLevel, 'debug'],
  ['LOG_LEVEL', '  warn  ', (c) => c.logLevel, 'warn'],
]

const bad: [name: string, values: string[], says: RegExp][] = [
  ['PORT', ['-1', '65536', '3000.5', 'http', '0x50', '1e3'], /port number/],
  ['DATABASE_URL', ['mysql://h/d', 'localhost:5432/d', 'postgres', '/var/run'], /postgres:\/\//],
  ['SEAM_API_KEY', ['abc', 'seam_', TOKEN, 'seam_cst1_x', 'seam_pk1_x', 'seam_a b', 'seam_…'], /API key/],
  ['SEAM_PERSONAL_ACCESS_TOKEN', [API_KEY, 'seam_at', 'seam_at…'], /personal access token/],
  ['SEAM_WORKSPACE_ID', ['my-workspace', WORKSPACE_ID.slice(1)], /UUID/],
  [
    'SEAM_ENDPOINT',
    [
      'connect.getseam.com',
      'ftp://x',
      'https',
      'https://ada:lovelace@connect.getseam.com',
      'https://ada@connect.getseam.com',
      'https://connect.getseam.com?x=1',
      'https://connect.getseam.com/?',
      'https://connect.getseam.com/#events',
    ],
    /https?:\/\//,
  ],
  [
    'SEAM_WEBHOOK_SECRET',
    [
      'mySecret',
      'whsec_',
      'whsec_c2hvcnQ=',
      `${WEBHOOK_SECRET}!`,
      `${WEBHOOK_SECRET},whsec_`,
      API_KEY,
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
  [
    'SEAM_MIRROR_CORS_ORIGINS',
    [
      '*',
      'null',
      'a.example',
      'https://a.example/',
      'https://A.example',
      'https://a.example:443',
      'https://*.a.example',
      'https://a.example/path',
      'https://user@a.example',
      'ftp://a.example',
      'https://a.example https://b.example',
      'https://a.example,*',
    ],
    /origins as browsers spell them/,
  ],
  ['SEAM_MIRROR_POLL_SCHEDULE', ['hourly', '* * * *', '61 * * * * *'], /cron expression/],
  ['SEAM_MIRROR_AUDIT_SCHEDULE', ['every night'], /cron expression/],
  ['SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE', ['5m'], /cron expression/],
  ['SEAM_MIRROR_TIME_ZONE', ['Berlin', 'CET', '+02:00', 'Europe/Nowhere'], /IANA time zone/],
  ['SEAM_MIRROR_NAMES_SCHEDULE', ['never', 'OFF'], /cron expression .*, or off/],
  ['SEAM_MIRROR_AUDIT_SCHEDULE', ['0 0 30 2 *', '0 0 3 31 4,6 *'], /cron expression/],
  ['SEAM_MIRROR_POLL_SCHEDULE', ['0 0 31W 6 *', '0 0 0 29 2 1#2'], /never fires/],
  ['SEAM_MIRROR_SETTLE_SECONDS', ['-1', '86401', '1.5', '5m', '0x10', '1e3'], /whole number/],
  ['SEAM_MIRROR_AUDIT_LOOKBACK_HOURS', ['0', '8761'], /whole number/],
  [
    'SEAM_MIRROR_API_KEY',
    [
      'x',
      'a_key_that_is_long_enough_otherwise',
      'seam_atlas_long_enough_otherwise',
      'seam_cst1_long_enough_otherwise',
      'seam_pk1_long_enough_otherwise',
      'seam_mirror_0123456789a',
      `seam_mirror_${'0'.repeat(128)}`,
      // A header cannot carry these, or they would no longer be the same key when they arrive.
      'seam_mirror_ 0123456789abcdef0123',
      'seam_mirror_…0123456789abcdef0123',
      'seam_mirror_$(openssl rand -hex 24)',
    ],
    /24 to 128 characters that begin with seam_/,
  ],
  ['HOST', ['http://localhost', '0.0.0.0:3000', '[::1]', '*', '127.0.0.300', '3000', '::g'], /IP address/],
  [
    'HTTPS_PROXY',
    ['proxy.example:3128', 'socks5://proxy.example:1080', 'http://proxy.example/path'],
    /HTTP proxy/,
  ],
  ['HTTP_PROXY', ['socks://proxy.example'], /HTTP proxy/],
  [
    'SEAM_MIRROR_BACKFILL_SINCE',
    ['yesterday', '2026-02-30T00:00:00Z', '30', '30 d', '2026-01-01', '0d', '0s', '999999w'],
    /RFC 3339/,
  ],
  [
    'SEAM_MIRROR_TRUST_PROXY',
    ['true', '0', '11', '10.0.0.0/33', '0.0.0.0/0', '::/0', 'a.example', '1,'],
    /how many prox/,
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
    const anyText = ['SEAM_MIRROR_DATA_DIR', 'SEAM_MIRROR_WORKSPACES_FILE', 'NO_PROXY']
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
      mirrorApiKey: null,
      secretsKeys: null,
      httpsProxy: null,
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

  test('B5: a backfill must reach back: not into the future, and not before 1970', () => {
    const of = (value: string) => problemsOf({ SEAM_MIRROR_BACKFILL_SINCE: value })
    for (const value of ['2030-01-01T00:00:00Z', '2026-11-25T12:00:00.000001Z'])
      expect([value, ...of(value)]).toEqual([value, expect.stringMatching(/^\w+_BACKFILL_SINCE .*future/)])
    for (const value of ['1969-12-31T23:59:59Z', '0001-01-01T00:00:00Z', '2970w'])
      expect([value, ...of(value)]).toEqual([value, expect.stringMatching(/^\w+_BACKFILL_SINCE .*1970/)])
    for (const value of ['2026-11-25T12:00:00Z', '1970-01-01T00:00:00Z', '1s', '2968w'])
      expect([value, ...of(value)]).toEqual([value])
  })

  test("B5: the key of dashboards is not Seam's own, and Seam's is not the key of dashboards", () => {
    expect(problemsOf({ SEAM_API_KEY: API_KEY, SEAM_MIRROR_API_KEY: API_KEY })).toEqual([
      expect.stringMatching(/^SEAM_MIRROR_API_KEY must not be the Seam API key of workspace default/),
    ])
    expect(problemsOf({ SEAM_API_KEY: MIRROR_KEY })).toEqual([
      expect.stringMatching(/^the API key of workspace default is one of seam-mirror/),
    ])
    expect(problemsOf({ SEAM_API_KEY: MIRROR_KEY, SEAM_ENDPOINT: 'http://other-mirror:3000' })).toEqual([])
  })

  test('B5: quotes that a file of variables has kept are pointed out', () => {
    for (const quoted of [`"${API_KEY}"`, `'${API_KEY}'`])
      expect(problemsOf({ SEAM_API_KEY: quoted })).toEqual([expect.stringMatching(/quotes.*leave them out/)])
    expect(problemsOf({ SEAM_API_KEY: 'x' })).toEqual([expect.not.stringContaining('quotes')])
  })

  test('F16: a proxy is read from either spelling, the lower case first, as Node does', () => {
    const proxy = 'http://lower.example:1'
    expect(parseConfig({ https_proxy: proxy })).toMatchObject({ httpsProxy: proxy })
    expect(parseConfig({ https_proxy: proxy, HTTPS_PROXY: 'http://upper.example:2' })).toMatchObject({
      httpsProxy: proxy,
    })
  })

  test('a bad workspace id is reported once', () => {
    expect(problemsOf({ SEAM_PERSONAL_ACCESS_TOKEN: TOKEN, SEAM_WORKSPACE_ID: 'x' })).toHaveLength(1)
  })
})

describe('warnings and notes', () => {
  const complete = {
    SEAM_API_KEY: API_KEY,
    SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
    SEAM_MIRROR_API_KEY: MIRROR_KEY,
  }

  test('a complete configuration has none', () => {
    expect(parseConfig(complete)).toMatchObject({ warnings: [], notes: [] })
  })

  test('B3: without SEAM_MIRROR_API_KEY a note says what is true: keys made by the command work', () => {
    const { warnings, notes } = parseConfig({ ...complete, SEAM_MIRROR_API_KEY: '' })
    expect(warnings).toEqual([])
    expect(notes).toEqual([expect.stringMatching(/seam-mirror keys create.*SEAM_MIRROR_API_KEY is not set/)])
    expect(notes.join()).not.toContain('401')
  })

  test.each([
    ['no credentials', { SEAM_API_KEY: '' }, /nothing is polled/],
    ['no webhook secret', { SEAM_WEBHOOK_SECRET: '' }, /by polling only/],
    [
      'no key for secrets beside a database',
      { DATABASE_URL: 'postgres://h/d' },
      /SEAM_MIRROR_SECRETS_KEY is not set/,
    ],
    [
      'a data folder beside a database',
      {
        DATABASE_URL: 'postgres://h/d',
        SEAM_MIRROR_SECRETS_KEY: KEY_32.toString('base64'),
        SEAM_MIRROR_DATA_DIR: 'x',
      },
      /SEAM_MIRROR_DATA_DIR is not used/,
    ],
    [
      'a copy of the client sessions once a day',
      { SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE: '0 0 3 * * *' },
      /CLIENT_SESSIONS_SCHEDULE.* tokens are refused when the copy is 24 hours old/,
    ],
  ])('B5: %s is worth a warning', (_what, change, says) => {
    expect(parseConfig({ ...complete, ...change }).warnings).toEqual([expect.stringMatching(says)])
  })

  test('B6: without any variable one true sentence says that nothing can arrive', () => {
    expect(parseConfig({}).warnings).toEqual([
      expect.stringMatching(/^nothing can arrive: .*\/readyz answers 503/),
    ])
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
      // Another setting is wrong on purpose, so that there is a message.
      const problems = problemsOf({ ...environment, PORT: 'http' }).join('\n')
      expect(problems).toContain('PORT')
      for (const secret of Object.values(environment)) {
        expect(problems).not.toContain(secret)
        expect(problems).not.toContain(secret.slice(-12))
      }
      const key = `seam_x_${environment.SEAM_MIRROR_API_KEY?.padEnd(24, '0')}`
      const { warnings, notes } = parseConfig({ SEAM_MIRROR_API_KEY: key })
      expect([...warnings, ...notes].join('\n')).not.toContain(key.slice(-12))
    }),
  )
})
