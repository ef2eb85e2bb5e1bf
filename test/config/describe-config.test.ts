import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { describeConfig } from '../../src/config/describe-config.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { printConfig } from '../../src/config/print-config.ts'
import { VARIABLES } from '../../src/config/variables.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'

const lines = (environment: Record<string, string>) =>
  printConfig(describeConfig(parseConfig(environment), environment))
const lineOf = (environment: Record<string, string>, name: string) =>
  lines(environment).find((line) => line.startsWith(`${name} `))

describe('the description of the configuration', () => {
  test('has a line for every variable, with its default or what its absence means', () => {
    for (const { name } of VARIABLES) expect(lineOf({}, name)).toMatch(/\S+ {2,}\S+/)
    expect(lineOf({}, 'PORT')).toMatch(/ 3000 \(default\)$/)
    expect(lineOf({}, 'HOST')).toContain('(all interfaces)')
  })

  test('shows what is set, the workspaces, and the warnings', () => {
    const shown = lines({ PORT: '8080', SEAM_WORKSPACE_ID: WORKSPACE_ID })
    expect(shown).toContainEqual(expect.stringMatching(/^PORT +8080$/))
    expect(shown).toContainEqual(`  default: id ${WORKSPACE_ID}, credentials none, 0 webhook secrets`)
    expect(shown).toContainEqual(expect.stringMatching(/^warning: nothing can arrive/))
  })

  test.each([
    ['postgres://ada:lovelace-1815@h:5432/d', 'postgres://ada:********@h:5432/d'],
    [
      'postgres://ada@h/d?password=lovelace-1815&sslmode=require',
      'postgres://ada@h/d?password=********&sslmode=require',
    ],
    ['postgres://h/d?user=ada&sslpassword=lovelace-1815', 'postgres://h/d?user=ada&sslpassword=********'],
    ['postgres://h/d', 'postgres://h/d'],
  ])('I9: shows the database URL %s without its password', (url, shown) => {
    expect(lineOf({ DATABASE_URL: url }, 'DATABASE_URL')?.replace(/^\S+ +/, '')).toBe(shown)
  })

  test('I9: shows the proxy without a password that is in it', () => {
    const shown = lineOf({ HTTPS_PROXY: 'http://ada:lovelace-1815@proxy.example:3128' }, 'HTTPS_PROXY')
    expect(shown).toContain('http://ada:********@proxy.example:3128')
  })

  test('B5: shows every warning and note that the service logs at start', () => {
    const environment = { DATABASE_URL: 'postgres://h/d', SEAM_API_KEY: 'seam_test1_an_api_key' }
    const { warnings, notes } = parseConfig(environment)
    expect(warnings.length).toBeGreaterThanOrEqual(2)
    expect(notes.length).toBeGreaterThanOrEqual(1)
    const shown = lines(environment)
    for (const warning of warnings) expect(shown).toContain(`warning: ${warning}`)
    for (const note of notes) expect(shown).toContain(`note: ${note}`)
  })

  test('I9: no secret is in it, whatever it looks like', () => {
    const text = fc.stringMatching(/^[A-Za-z0-9_.~-]{12,40}$/)
    const secrets = fc.record({
      SEAM_API_KEY: text.map((rest) => `seam_test${rest}`),
      SEAM_WEBHOOK_SECRET: fc
        .uint8Array({ minLength: 16, maxLength: 64 })
        .map((bytes) => `whsec_${Buffer.from(bytes).toString('base64')}`),
      SEAM_MIRROR_API_KEY: text.map((rest) => `seam_x_${rest.padEnd(24, '0')}`),
      SEAM_MIRROR_SECRETS_KEY: fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .map((bytes) => Buffer.from(bytes).toString('base64')),
      password: text,
    })
    fc.assert(
      fc.property(secrets, ({ password, ...environment }) => {
        const databaseUrl = `postgres://ada:${encodeURIComponent(password)}@h/d`
        const shown = lines({ ...environment, DATABASE_URL: databaseUrl }).join('\n')
        for (const secret of [password, ...Object.values(environment)]) {
          expect(shown).not.toContain(secret)
          expect(shown).not.toContain(secret.slice(-12))
        }
        for (const name of Object.keys(environment)) {
          expect(shown).toMatch(new RegExp(`^${name} +\\*{8} \\(set, \\d+ characters\\)$`, 'm'))
        }
      }),
    )
  })
})
