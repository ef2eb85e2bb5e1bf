import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { putAside } from '../quarantine/quarantine-rig.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { saveWorkspace } from '../../src/store/workspaces/save-workspace.ts'
import { startCommand } from '../support/run-program.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { runCommand } from './run-command.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

const UNKNOWN_WORKSPACE = '00000000-0000-4000-8000-000000000000'

const { database, db } = await databaseOfThisFile()
await saveWorkspace(db, {
  configKey: 'default',
  workspaceId: WORKSPACE_ID,
  name: null,
  learnedFrom: 'configured',
})

const run = (...args: string[]) =>
  runCommand(args, { DATABASE_URL: database.url, SEAM_WORKSPACE_ID: WORKSPACE_ID })
const createKey = async () => (await run('keys', 'create', '--name', 'mine')).stdout.trim()

const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves)

function allKeys(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(allKeys)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...allKeys(inner)])
}

test('A4: the key alone is on stdout, so that K=$(seam-mirror keys create …) holds it', async () => {
  const { code, stdout, stderr } = await run('keys', 'create', '--name', 'dashboard')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^seam_mirror1\w{8}_\w{24}\n$/)
  expect(stderr).toBe('The key is shown once: only its hash is kept.\n')
})

test('A4: every command that answers has --json, and says so the same way', () => {
  const program = createProgram({} as Parameters<typeof createProgram>[0])
  // `serve` answers nothing, and `listen` does not end.
  const commands = leaves(program).filter((command) => !['serve', 'listen'].includes(command.name()))
  expect(commands.length).toBeGreaterThanOrEqual(11)
  for (const command of commands)
    expect(command.helpInformation()).toMatch(/--json +answer with one JSON document/)
})

test('A4, A2: each answers --json with one document in snake_case and nothing else on stdout, and ends when it has', async () => {
  const [key, item, other] = [
    await createKey(),
    await putAside(db, 'no JSON', { secrets: maskingSecrets(), reason: 'not_json' }),
    await putAside(db, sampleEvent(), { secrets: maskingSecrets() }),
  ]
  const [keyId = ''] = key.split(/_(?=\w{24}$)/)
  const cases: [string[], object][] = [
    [['migrate'], { applied: [] }],
    [['config'], { workspaces: [{ workspace_id: WORKSPACE_ID }], variables: expect.any(Array) }],
    [['status'], { workspaces: [{ workspace_id: WORKSPACE_ID, lag_seconds: null }] }],
    [
      ['keys', 'create', '--name', 'x'],
      { key: expect.any(String), key_id: expect.any(String), expires_at: null },
    ],
    [
      ['keys', 'list'],
      { keys: expect.arrayContaining([expect.objectContaining({ key_id: keyId, last_used_at: null })]) },
    ],
    [['keys', 'expire', key, '1d'], { key_id: keyId, expires_at: expect.stringMatching(/Z$/) }],
    [['keys', 'revoke', key], { key_id: keyId, state: 'revoked' }],
    [['quarantine', 'list'], { total: 2, items: [{ id: other, times_seen: 1 }, { id: item }] }],
    [['quarantine', 'show', item], { id: item, is_sealed: false, body: 'no JSON' }],
    [
      ['quarantine', 'retry', other],
      { stored: 1, stays: 0, items: [{ id: other, kind: 'stored', is_new: true }] },
    ],
    [['quarantine', 'discard', item, '--yes'], { discarded: [item] }],
  ]
  for (const [args, document] of cases) {
    const { code, stdout } = await run(...args, '--json')
    expect({ args, code }).toEqual({ args, code: 0 })
    expect({ args, document: JSON.parse(stdout) }).toMatchObject({ args, document })
    expect(allKeys(JSON.parse(stdout)).filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))).toEqual([])
  }
})

test('A4: an answer that cannot be written is a failure', async () => {
  const toFullDisk = ['-c', '"$0" bin/seam-mirror.js config > /dev/full', process.execPath]
  const { code, stderr } = await startCommand('sh', toFullDisk, {}).exit
  expect(code).toBe(1)
  expect(stderr).toContain('The answer could not be written: ENOSPC')
})

test('A2: what a command refuses ends it at once, too', async () => {
  for (const args of [
    ['keys', 'revoke', 'nope'],
    ['quarantine', 'show', '2147483647'],
  ]) {
    const { code, stdout, stderr } = await run(...args)
    expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: '' })
    expect(stderr).toMatch(/^There is no (?:key|item) \w+.*\n$/)
  }
})

test('A6: a key for a workspace that nobody knows is refused with the known ones, and made with --force', async () => {
  const args = ['keys', 'create', '--name', 'x', '--workspace', UNKNOWN_WORKSPACE]
  const refused = await run(...args)
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toContain(`There is no workspace ${UNKNOWN_WORKSPACE} here.`)
  expect(refused.stderr).toContain(`${WORKSPACE_ID} (default)`)
  expect(refused.stderr).toContain('--force')
  const mixed = await run(...args, WORKSPACE_ID, '--access-token')
  expect(mixed).toMatchObject({ code: 1, stdout: '' })
  const forced = await run(...args, '--force')
  expect(forced).toMatchObject({ code: 0, stdout: expect.stringMatching(/^seam_mirror1/) })
})
