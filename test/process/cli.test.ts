import { describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { runProgram } from '../support/run-program.ts'

const CLI = 'bin/seam-mirror.js'
const API_KEY = 'seam_test1_an_api_key_of_the_tests'
const BAD = { PORT: 'http', SEAM_API_KEY: 'not a key 4711', SEAM_MIRROR_POLL_SHEDULE: 'often' }

function expectAllProblems(stderr: string) {
  expect(stderr).toContain('The configuration has 3 problems')
  expect(stderr).toMatch(/^ {2}- PORT must be a port number$/m)
  expect(stderr).toMatch(/^ {2}- SEAM_API_KEY must be /m)
  expect(stderr).toMatch(/^ {2}- SEAM_MIRROR_POLL_SHEDULE is not a variable/m)
  expect(stderr).not.toContain('4711')
  // A problem of the configuration is no stack trace.
  expect(stderr).not.toMatch(/^\s+at /m)
}

describe('seam-mirror', () => {
  test('config shows the effective settings with every secret masked, and exits 0', async () => {
    const { code, stdout, stderr } = await runProgram(CLI, ['config'], {
      SEAM_API_KEY: API_KEY,
      SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
      DATABASE_URL: 'postgres://ada:lovelace-1815@localhost/d',
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^PORT +3000 \(default\)$/m)
    expect(stdout).toMatch(/^SEAM_API_KEY +\*{8} /m)
    expect(stdout).toMatch(/^DATABASE_URL +postgres:\/\/ada:\*{8}@localhost\/d$/m)
    for (const secret of [API_KEY, WEBHOOK_SECRET, 'lovelace-1815']) expect(stdout).not.toContain(secret)
  })

  test('config with a bad configuration exits 1 and lists every problem', async () => {
    const { code, stdout, stderr } = await runProgram(CLI, ['config'], BAD)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expectAllProblems(stderr)
  })

  test.each([
    ['seam-mirror serve', CLI, ['serve']],
    ['seam-mirror migrate', CLI, ['migrate']],
  ])(
    '%s with a bad configuration exits 1, lists every problem, and starts nothing',
    async (_name, file, args) => {
      const { code, stdout, stderr } = await runProgram(file, args, BAD)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expectAllProblems(stderr)
    },
  )

  test('--help names the commands and where the settings are, --version the version', async () => {
    const help = await runProgram(CLI, ['--help'], {})
    expect(help.code).toBe(0)
    for (const word of ['serve', 'migrate', 'config', 'environment']) expect(help.stdout).toContain(word)
    const version = await runProgram(CLI, ['--version'], {})
    expect(version.stdout.trim()).toBe(packageJson.version)
  })

  test('an unknown command is refused with exit code 1', async () => {
    const { code, stderr } = await runProgram(CLI, ['serv'], {})
    expect(code).toBe(1)
    expect(stderr).toContain('serv')
  })
})
