import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { withDatabase } from '../support/postgres-server.ts'
import { runCommand } from './run-command.ts'

const READING = [['status'], ['keys', 'list'], ['quarantine', 'list'], ['quarantine', 'show', '2']]
const WRITING = [
  ['keys', 'create', '--name', 'x'],
  ['keys', 'revoke', 'seam_mirror1abcdefgh'],
  ['keys', 'expire', 'seam_mirror1abcdefgh', '1d'],
  ['quarantine', 'retry', '--all'],
  ['quarantine', 'discard', '2', '--yes'],
  ['audit'],
]
const ALL = [...READING, ...WRITING]

/** Runs a command that fails, and returns what it says: one line, no log, no stack, and nothing on stdout. */
async function complaint(args: string[], environment: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await runCommand(args, environment)
  expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: '' })
  expect(stderr).toMatch(/^[^{\n]+\n$/)
  return stderr.trimEnd()
}

/** Of each of these commands; several processes at once. */
const complaints = (commands: string[][], environment: Record<string, string>) =>
  Promise.all(commands.map((args) => complaint(args, environment)))

describe('A3: a command whose database cannot be used fails with one sentence alone', () => {
  const changed = (change: (url: URL) => void) => {
    const url = new URL(inject('postgresUrl'))
    change(url)
    return url.href
  }

  test('when nothing answers there', async () => {
    const environment = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere' }
    const commands = [...ALL, ['migrate']]
    for (const said of await complaints(commands, environment))
      expect(said).toMatch(/^The database cannot be reached: .*127\.0\.0\.1:1/)
  })

  test.each([
    ['the host has no address', () => 'postgres://x@nowhere.invalid/x', /nowhere\.invalid/],
    [
      'the database does not exist',
      () => withDatabase(inject('postgresUrl'), 'nowhere'),
      /database "nowhere" does not exist\. Create it/,
    ],
    [
      'the role does not exist',
      () => changed((url) => (url.username = 'nobody_here')),
      /nobody_here.*Check the user/,
    ],
    [
      'the password is wrong',
      () => changed((url) => (url.password = 'wrong')),
      /password authentication failed.*Check the user/,
    ],
  ])('when %s', async (_title, url, text) => {
    const environment = { DATABASE_URL: url() }
    for (const said of await complaints([['keys', 'list'], ['migrate']], environment))
      expect(said).toMatch(text)
  })
})

describe('A5: a command changes no schema', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false })
    return () => database.drop()
  })
  const tables = async () =>
    (
      await sql<{
        name: string
      }>`select relname as name from pg_class where relnamespace = 'public'::regnamespace`.execute(
        database.open(1),
      )
    ).rows

  test('in an empty database, which it says is one', async () => {
    const environment = { DATABASE_URL: database.url }
    for (const said of await complaints(ALL, environment))
      expect(said).toMatch(/^The database has no schema yet: .*seam-mirror migrate\.$/)
    expect(await tables()).toEqual([])
  })

  test('in one of an older or a newer release', async () => {
    const other = await createTestDatabase()
    onTestFinished(() => other.drop())
    const db = other.open(1)
    const environment = { DATABASE_URL: other.url }
    await sql`delete from kysely_migration where name = (select max(name) from kysely_migration)`.execute(db)
    expect(await complaint(['status'], environment)).toMatch(
      /schema of an older release \(it lacks 0\d+_\w+\)/,
    )
    await sql`insert into kysely_migration (name, timestamp) values ('0999_later', 'now')`.execute(db)
    expect(await complaint(['status'], environment)).toMatch(/newer release \(it has 0999_later\)/)
  })

  test('and says so when the schema is there and no workspace is known yet', async () => {
    const other = await createTestDatabase()
    onTestFinished(() => other.drop())
    expect(await complaint(['status'], { DATABASE_URL: other.url })).toMatch(/^No workspace is known yet/)
  })
})

test('A5: without DATABASE_URL and an embedded database, commands say so and make no file', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'seam-mirror-nothing-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const environment = { SEAM_MIRROR_DATA_DIR: path.join(folder, 'data') }
  for (const said of await complaints(ALL, environment))
    expect(said).toMatch(/^There is no database: .*holds no embedded one\./)
  expect((await runCommand(['config'], environment)).code).toBe(0)
  expect(await readdir(folder)).toEqual([])
})
