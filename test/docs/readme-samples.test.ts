import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { issueKey } from '../../src/access/issue-key.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { deliver } from '../support/sign-delivery.ts'
import { startTestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8')
const run = promisify(execFile)
const { database } = await databaseOfThisFile()

/** The README's blocks of TypeScript, without the indentation of the list around them. */
function samples(): string[] {
  return [...README.matchAll(/^( *)```ts\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', code = '']) =>
    code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}

/** Makes a project as a reader has it, with the SDK installed and the samples copied into files. */
async function projectOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'readme-samples-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text)
  return folder
}

test('B4: every sample of TypeScript in the README compiles under strict', async () => {
  const files = Object.fromEntries(samples().map((code, i) => [`sample-${i + 1}.ts`, code]))
  expect(Object.keys(files)).not.toEqual([])
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    skipLibCheck: true,
  }
  const folder = await projectOf({
    ...files,
    'package.json': '{"type":"module"}',
    'tsconfig.json': JSON.stringify({ compilerOptions }),
  })
  const tsc = path.join(ROOT, 'node_modules/.bin/tsc')
  const problems = await run(tsc, ['-p', folder]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  )
  expect(problems).toBe('')
})

test('B4: the sample of the quick start finds an unlock with a key made by the command', async () => {
  const app = await startTestApp(database.url, { SEAM_WORKSPACE_ID: WORKSPACE_ID })
  onTestFinished(() => app.stop())
  const unlocked = sampleEvent({ event_type: 'lock.unlocked', created_at: '2026-02-03T04:05:06.000Z' })
  expect((await deliver(app.url, unlocked)).status).toBe(204)
  const { key } = await issueKey(app.db, {
    kind: 'api_key',
    name: 'dashboard',
    workspaceIds: [],
    scopes: ['events:read', 'client_sessions:read'],
    expires: null,
    now: new Date(),
  })
  const [code = ''] = samples().filter((each) => each.includes('DASHBOARD_KEY'))
  expect(code).toContain("'http://localhost:3000'")
  const folder = await projectOf({ 'sample.mts': code.replaceAll('http://localhost:3000', app.url) })
  const sample = path.join(folder, 'sample.mts')
  const { stdout } = await run(process.execPath, [sample], {
    env: { PATH: process.env.PATH, DASHBOARD_KEY: key },
  })
  expect(stdout).toBe('1\n')
})
