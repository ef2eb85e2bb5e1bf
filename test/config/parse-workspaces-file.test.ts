import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { OTHER_WEBHOOK_SECRET, WEBHOOK_SECRET } from '../support/sign-delivery.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'seam-mirror-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const API_KEY = 'seam_test1_an_api_key_of_the_tests'
const OTHER_API_KEY = 'seam_test2_another_api_key_of_the_tests'
const TOKEN = 'seam_at1abcdefgh_a_personal_access_token'

function withFile(content: unknown, environment: Record<string, string> = {}) {
  const file = path.join(folder, 'workspaces.json')
  const isRaw = typeof content === 'string' || content instanceof Uint8Array
  writeFileSync(file, isRaw ? content : JSON.stringify(content))
  return parseConfig({ SEAM_MIRROR_WORKSPACES_FILE: file, ...environment })
}

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('the workspaces file', () => {
  test('lists workspaces with their credentials and secrets, in its order', () => {
    const config = withFile([
      { name: 'north', workspace_id: WORKSPACE_ID.toUpperCase(), api_key: API_KEY },
      {
        name: 'south-1',
        workspace_id: '4f3a2b1c-0000-4000-8000-000000000002',
        webhook_secrets: [WEBHOOK_SECRET, OTHER_WEBHOOK_SECRET],
      },
      {
        name: 'east',
        workspace_id: '4f3a2b1c-0000-4000-8000-000000000001',
        personal_access_token: TOKEN,
      },
    ])
    expect(config.workspaces).toEqual([
      {
        key: 'north',
        workspaceId: WORKSPACE_ID,
        credentials: { kind: 'api_key', apiKey: API_KEY },
        webhookSecrets: [],
      },
      {
        key: 'south-1',
        workspaceId: '4f3a2b1c-0000-4000-8000-000000000002',
        credentials: null,
        webhookSecrets: [WEBHOOK_SECRET, OTHER_WEBHOOK_SECRET],
      },
      {
        key: 'east',
        workspaceId: '4f3a2b1c-0000-4000-8000-000000000001',
        credentials: {
          kind: 'personal_access_token',
          token: TOKEN,
          workspaceId: '4f3a2b1c-0000-4000-8000-000000000001',
        },
        webhookSecrets: [],
      },
    ])
    expect(config.warnings.filter((warning) => warning.includes('south-1'))).toHaveLength(1)
  })

  const bad: [what: string, content: unknown, says: RegExp][] = [
    ['is not JSON', `[{"name":"north","api_key":"${API_KEY}"`, /is not JSON/],
    ['is an object', { north: { api_key: API_KEY } }, /array/],
    ['is empty', [], /at least one workspace/],
    ['has an entry without a name', [{ api_key: API_KEY }], /0\.name/],
    ['has a name with spaces', [{ name: 'north wing' }], /letters, digits/],
    ['has an unknown key', [{ name: 'north', apikey: API_KEY }], /apikey/],
    ['has a key that is not one', [{ name: 'north', api_key: TOKEN }], /0\.api_key .*API key/],
    ['has a bad id', [{ name: 'north', workspace_id: 'x' }], /0\.workspace_id .*UUID/],
    ['has a bad secret', [{ name: 'north', webhook_secrets: ['whsec_'] }], /0\.webhook_secrets\.0 .*whsec_/],
    [
      'uses a name twice',
      [
        { name: 'north', api_key: API_KEY },
        { name: 'north', api_key: OTHER_API_KEY },
      ],
      /name twice/,
    ],
    [
      'uses an API key twice',
      [
        { name: 'north', api_key: API_KEY },
        { name: 'south', api_key: API_KEY },
      ],
      /uses an api_key twice/,
    ],
    [
      'uses a webhook secret for two workspaces, which nobody could tell apart',
      [
        { name: 'north', api_key: API_KEY, webhook_secrets: [OTHER_WEBHOOK_SECRET, WEBHOOK_SECRET] },
        { name: 'south', api_key: OTHER_API_KEY, webhook_secrets: [WEBHOOK_SECRET] },
      ],
      /webhook secret for two workspaces/,
    ],
    ['is in another encoding', Buffer.from('[{"name":"caf\xe9"}]', 'latin1'), /is not UTF-8/],
    [
      'has several, and one that nobody could tell the id of',
      [
        { name: 'north', api_key: API_KEY },
        { name: 'south', webhook_secrets: [WEBHOOK_SECRET] },
      ],
      /has several entries, so each needs workspace_id or api_key/,
    ],
    [
      'lists a workspace twice, in whatever case',
      [
        { name: 'north', workspace_id: WORKSPACE_ID },
        { name: 'south', workspace_id: WORKSPACE_ID.toUpperCase() },
      ],
      /workspace twice/,
    ],
    [
      'has both kinds of credentials',
      [{ name: 'north', workspace_id: WORKSPACE_ID, api_key: API_KEY, personal_access_token: TOKEN }],
      /both/,
    ],
    [
      'has a token without its workspace',
      [{ name: 'north', personal_access_token: TOKEN }],
      /needs workspace_id/,
    ],
  ]

  test.each(bad)(
    'that %s is refused with the reason, and without any credentials',
    (_what, content, says) => {
      const problems = problemsOf(() => withFile(content))
      expect(problems).toHaveLength(1)
      expect(problems[0]).toMatch(/^SEAM_MIRROR_WORKSPACES_FILE/)
      expect(problems[0]).toMatch(says)
      expect(problems[0]).not.toContain(API_KEY)
      expect(problems[0]).not.toContain(TOKEN)
    },
  )

  test.each([
    ['UTF-8 with a byte order mark', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf8')],
    ['UTF-16 with a byte order mark', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-8 with line ends of Windows', (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'))],
  ])('F16: may be %s', (_what, encode) => {
    const text = JSON.stringify([{ name: 'north', api_key: API_KEY }], null, 2)
    expect(withFile(encode(text)).workspaces).toMatchObject([{ key: 'north' }])
  })

  test("B5: the key of dashboards is none of its API keys, and none of those is this service's own", () => {
    const twins = { SEAM_MIRROR_API_KEY: OTHER_API_KEY }
    const entries = [
      { name: 'north', api_key: API_KEY },
      { name: 'south', api_key: OTHER_API_KEY },
      { name: 'east', api_key: 'seam_mirror1abcdefgh_0123456789abcdef01234567' },
    ]
    expect(problemsOf(() => withFile(entries, twins))).toEqual([
      expect.stringMatching(/^SEAM_MIRROR_API_KEY must not be .* workspace south/),
      expect.stringMatching(/^the API key of workspace east is one of seam-mirror/),
    ])
  })

  test('F16: a secret that one workspace lists twice is harmless', () => {
    const webhook_secrets = [WEBHOOK_SECRET, WEBHOOK_SECRET]
    expect(withFile([{ name: 'north', api_key: API_KEY, webhook_secrets }]).workspaces).toHaveLength(1)
  })

  test('with several problems shows all of them, beside those of the variables', () => {
    const problems = problemsOf(() =>
      withFile(
        [
          { name: 'north', api_key: 'x', webhook_secrets: ['y'] },
          { name: '?', workspace_id: WORKSPACE_ID },
        ],
        { PORT: 'http' },
      ),
    )
    expect(problems).toHaveLength(4)
  })

  test('that is not there is named in the problem', () => {
    const missing = path.join(folder, 'missing.json')
    expect(problemsOf(() => parseConfig({ SEAM_MIRROR_WORKSPACES_FILE: missing }))).toEqual([
      expect.stringContaining(missing),
    ])
  })

  test.each(['SEAM_API_KEY', 'SEAM_WORKSPACE_ID', 'SEAM_WEBHOOK_SECRET'])(
    'replaces %s, which must not be set with it',
    (name) => {
      const value = {
        SEAM_API_KEY: API_KEY,
        SEAM_WORKSPACE_ID: WORKSPACE_ID,
        SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
      }
      const problems = problemsOf(() =>
        withFile([{ name: 'north' }], { [name]: value[name as keyof typeof value] }),
      )
      expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} must not be set together`))])
    },
  )
})
