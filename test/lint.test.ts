import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

/* What `npm run check` refuses: each rule of oxlint.config.ts beside a deliberate violation. */

const ROOT = path.join(import.meta.dirname, '..')

/** Lints a house with the rooms of ours and only these files in them. */
function lint(files: Record<string, string>): { output: string; status: number | null } {
  const house = mkdtempSync(path.join(tmpdir(), 'lint-test-'))
  onTestFinished(() => rmSync(house, { recursive: true }))
  copyFileSync(path.join(ROOT, 'oxlint.config.ts'), path.join(house, 'oxlint.config.ts'))
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(house, 'node_modules'))
  for (const room of readdirSync(path.join(ROOT, 'src')))
    mkdirSync(path.join(house, 'src', room), { recursive: true })
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(house, file)), { recursive: true })
    writeFileSync(path.join(house, file), text)
  }
  const oxlint = path.join(ROOT, 'node_modules/.bin/oxlint')
  const { stdout, stderr, status } = spawnSync(oxlint, ['src'], { cwd: house, encoding: 'utf8' })
  return { output: stdout + stderr, status }
}

const importing = (specifier: string) => `import { thing } from '${specifier}'\n\nexport const used = thing\n`

test.each([
  ['two neighbours that take the same characters', '/^(\\d+\\.?\\d*)$/'],
  ['a search that begins again at each of them', '/\\/+$/'],
  ['a repetition of a repetition', '/^(a+)+$/'],
])('E2: npm run check refuses a regular expression that is not linear: %s', (_title, pattern) => {
  const { output, status } = lint({ 'src/domain/pattern.ts': `export const PATTERN = ${pattern}\n` })
  expect(output).toMatch(/regexp\(no-super-linear-(backtracking|move)\)/)
  expect(status).not.toBe(0)
})

test.each([
  ['I2: an event written by the receiver', 'src/receiver/x.ts', '../store/events/insert-events.ts'],
  ['I2: an event written by a route', 'src/api/events/x.ts', '../../store/events/insert-events.ts'],
  ['I2: an event written by another statement', 'src/store/runs/x.ts', '../../store/events/insert-events.ts'],
  ['I4: coverage moved by a route', 'src/api/events/x.ts', '../../store/coverage/add-coverage.ts'],
  ['I4: coverage moved by an audit', 'src/audit/x.ts', '../store/coverage/trim-coverage.ts'],
  ['I4: coverage moved by ingest', 'src/ingest/x.ts', '../store/coverage/add-coverage.ts'],
  ['I2: an event written by a command', 'src/cli/x.ts', '../store/events/insert-events.ts'],
  ['I16: events folded by a job of another room', 'src/poller/x.ts', '../store/folds/fold-page.ts'],
  ['a feature that imports another', 'src/receiver/x.ts', '../poller/start-poller.ts'],
  ['the connection that knows a table', 'src/postgres/x.ts', '../store/schema.ts'],
  ['a room below that imports one above', 'src/store/events/x.ts', '../../ingest/ingest-batch.ts'],
  ['the simulated Seam in production', 'src/app/x.ts', '../simulated-seam/hotel.ts'],
])('npm run check refuses %s', (_title, file, specifier) => {
  const { output, status } = lint({ [file]: importing(specifier) })
  expect(output).toContain('no-restricted-imports')
  expect(status).not.toBe(0)
})

test.each([
  ['src/ingest/x.ts', '../store/events/insert-events.ts'],
  ['src/poller/x.ts', '../store/coverage/add-coverage.ts'],
  ['src/store/events/x.ts', '../sessions/list-client-sessions.ts'],
  ['src/cli/demo.ts', '../simulated-seam/hotel.ts'],
])('npm run check lets %s import %s', (file, specifier) => {
  expect(lint({ [file]: importing(specifier) }).output).not.toContain('no-restricted-imports')
})

test.each([
  ['a folder without a rule', 'src/statistics/x.ts', 'Folders without a rule: statistics'],
  ['a file outside of a folder', 'src/x.ts', 'Files outside of a folder: x.ts'],
])('npm run check refuses %s', (_title, file, message) => {
  const { output, status } = lint({ [file]: 'export const used = 1\n' })
  expect(output).toContain(message)
  expect(status).not.toBe(0)
})

const line = '  // a line\n'
const longFile = (lines: number) => `export const used = 1\n${line.repeat(lines - 1)}`
const longFunction = (lines: number) => `export function used(): void {\n${line.repeat(lines - 2)}}\n`

test.each([
  ['file of 251 lines', longFile(251), longFile(250), 'eslint(max-lines)'],
  ['function of 61 lines', longFunction(61), longFunction(60), 'eslint(max-lines-per-function)'],
])('npm run check refuses a %s, and lets one with a line less pass', (_title, tooLong, justFits, rule) => {
  const { output, status } = lint({ 'src/domain/x.ts': tooLong })
  expect(output).toContain(rule)
  expect(status).not.toBe(0)
  expect(lint({ 'src/domain/x.ts': justFits }).output).not.toContain(rule)
})
