import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import { saveWorkspace } from '../../src/store/workspaces/save-workspace.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { runCommand } from './run-command.ts'

const OTHER_WORKSPACE = '4f3a2b1c-0000-4000-8000-000000000001'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

const status = (...args: string[]) => runCommand(['status', ...args], { DATABASE_URL: database.url })
const know = (workspaceId: string, configKey: string) =>
  saveWorkspace(db, { configKey, workspaceId, name: null, learnedFrom: 'configured' })

/** As far as twelve minutes ago. */
async function coverAnHour(workspaceId: string): Promise<void> {
  await sql`insert into coverage (workspace_id, ranges)
    values (${workspaceId}::uuid, tstzmultirange(tstzrange(now() - interval '1 hour', now() - interval '12 minutes')))`.execute(
    db,
  )
}

test('B8: status exits 2 when coverage is older than --fail-if-older-than, with its answer as always', async () => {
  await know(WORKSPACE_ID, 'default')
  await coverAnHour(WORKSPACE_ID)
  const [plain, young, old] = await Promise.all([
    status(),
    status('--fail-if-older-than', '10m'),
    status('--fail-if-older-than', '2h', '--json'),
  ])
  expect(plain).toMatchObject({ code: 0, stderr: '' })
  expect(young).toMatchObject({ code: 2, stdout: expect.stringContaining(`Workspace ${WORKSPACE_ID}`) })
  expect(young.stderr).toMatch(
    /^Coverage of workspace \S+ ends \d+ seconds ago, which is older than 10m\.\n$/,
  )
  expect(old).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(old.stdout)).toMatchObject({ workspaces: [{ workspace_id: WORKSPACE_ID }] })
})

test('B8: what is not proven at all is older than anything; --workspace asks about one of several', async () => {
  await know(WORKSPACE_ID, 'hotel')
  await know(OTHER_WORKSPACE, 'office')
  await coverAnHour(WORKSPACE_ID)
  const age = ['--fail-if-older-than', '1h']
  const [all, hotel, office, unknown] = await Promise.all([
    status(...age),
    status(...age, '--workspace', WORKSPACE_ID.toUpperCase()),
    status(...age, '--workspace', 'office'),
    status('--workspace', 'elsewhere'),
  ])
  expect(all).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^Nothing of workspace .* is proven complete, .*\n$/),
  })
  expect(hotel).toMatchObject({ code: 0, stderr: '' })
  expect(hotel.stdout).not.toContain(OTHER_WORKSPACE)
  expect(office.code).toBe(2)
  expect(unknown).toMatchObject({ code: 1, stdout: '' })
  expect(unknown.stderr).toContain(`known are: ${WORKSPACE_ID} (hotel), ${OTHER_WORKSPACE} (office)`)
})

test('B8: an age that is none is refused', async () => {
  await know(WORKSPACE_ID, 'default')
  const { code, stderr } = await status('--fail-if-older-than', 'soon')
  expect(code).toBe(1)
  expect(stderr).toContain('--fail-if-older-than soon is not a duration such as 90s, 10m or 2h.')
})
