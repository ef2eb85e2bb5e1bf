import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { eventLine } from '../../src/cli/event-line.ts'
import { parseEvent } from '../../src/domain/event.ts'
import { ingestBatch } from '../../src/ingest/ingest-batch.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'
import { saveWorkspace } from '../../src/store/workspaces/save-workspace.ts'
import { queryTest } from '../support/query-test.ts'
import { type Program, startProgram } from '../support/run-program.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { runCommand } from './run-command.ts'

const { database, db } = await databaseOfThisFile()
const environment = { DATABASE_URL: database.url }
await saveWorkspace(db, {
  configKey: 'default',
  workspaceId: WORKSPACE_ID,
  name: null,
  learnedFrom: 'configured',
})

const DEVICE = 'a83690b2-2b70-409a-9a94-426699b84c97'

const listen = (...args: string[]) => startProgram('bin/seam-mirror.js', ['listen', ...args], environment)

async function store(...events: object[]): Promise<void> {
  const items = events.map((event) => parseEvent(JSON.stringify(event), WORKSPACE_ID))
  await ingestBatch(db, items, 'webhook', maskingSecrets())
}

const linesOf = (program: Program) => program.stdout().split('\n').slice(0, -1)
async function saw(program: Program, count: number): Promise<void> {
  await expect.poll(() => linesOf(program).length, { timeout: 60_000 }).toBe(count)
}

test('seam-mirror listen prints what arrives, with names, and goes on where it ended', async () => {
  await queryTest(
    db,
    `insert into names (workspace_id, kind, id, name, folded, as_of) values ($1, 'device', $2, 'Room 204', 'room 204', now())`,
    [WORKSPACE_ID, DEVICE],
  )
  const named = sampleEvent()
  await store(named, sampleEvent({ event_type: 'device.connected' }))
  const first = listen('--since', '2026-01-01T00:00:00Z', '--event-types', 'lock.unlocked,lock.locked')
  await saw(first, 1)
  expect(linesOf(first)).toEqual(['2026-06-15T16:54:17.946309Z  lock.unlocked  Room 204'])
  await store(sampleEvent({ event_type: 'lock.locked', device_id: randomUUID() }))
  await saw(first, 2)
  first.kill('SIGINT')
  const { code, stderr } = await first.exit
  expect(code).toBe(0)
  const [, place = ''] = /--after (\S+)/.exec(stderr) ?? []
  const later = [sampleEvent(), sampleEvent()]
  await store(...later)
  const second = listen('--after', place, '--json')
  await saw(second, 2)
  const ids = linesOf(second).map((line) => (JSON.parse(line) as { event_id: string }).event_id)
  expect(ids.toSorted()).toEqual(later.map(({ event_id }) => event_id).toSorted())
  second.kill('SIGTERM')
  expect((await second.exit).code).toBe(0)
})

test.each([
  [['--since', 'yesterday'], 'neither a time'],
  [['--after', 'x'], 'no id of /v1/events/stream'],
  [['--device-id', '1'], 'Invalid uuid for "device_id"'],
  [['--workspace', 'other'], 'There is no workspace other'],
])('listen %j says in one sentence what is wrong', async (args, problem) => {
  const { code, stdout, stderr } = await runCommand(['listen', ...args], environment)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(problem)
})

test('What people call their things cannot command a terminal', () => {
  const event = { created_at: 'now', event_type: 'a.b', device_id: DEVICE, acs_entrance_id: randomUUID() }
  const names = new Map([[DEVICE, 'Room\u001B]0;owned\u0007 \u009B2J\u202E204\r\n']])
  expect(eventLine(event, names)).toBe('now  a.b  Room ]0;owned   2J 204')
  expect(eventLine({ created_at: 'now', event_type: 'a.b' }, names)).toBe('now  a.b')
})
