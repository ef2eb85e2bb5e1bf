import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

test.each([
  ['two neighbours that take the same characters', '/^(\\d+\\.?\\d*)$/'],
  ['a search that begins again at each of them', '/\\/+$/'],
  ['a repetition of a repetition', '/^(a+)+$/'],
])('E2: npm run check refuses a regular expression that is not linear: %s', (_title, pattern) => {
  const directory = mkdtempSync(join(tmpdir(), 'lint-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'pattern.ts'), `export const PATTERN = ${pattern}\n`)
  const oxlint = ['oxlint', '--config', 'oxlint.config.ts', directory]
  const { stdout, status } = spawnSync('npx', oxlint, { cwd: ROOT, encoding: 'utf8' })
  expect(stdout).toMatch(/regexp\(no-super-linear-(backtracking|move)\)/)
  expect(status).not.toBe(0)
})
