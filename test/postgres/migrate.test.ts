import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isSchemaCurrent, migrate, MIGRATIONS_DIR } from '../../src/postgres/migrate.ts'
import type { Db } from '../../src/store/database.ts'
import { runProgram } from '../support/run-program.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

let database: TestDatabase
let db: Db
let folders: string[]

beforeEach(async () => {
  database = await createTestDatabase({ migrated: false })
  db = database.open(4)
  folders = []
})
afterEach(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })))
  await database.drop()
})

async function namesOfMigrations(): Promise<string[]> {
  const files = await readdir(MIGRATIONS_DIR)
  return files.map((file) => path.basename(file, '.sql')).toSorted()
}

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seam-mirror-migrations-'))
  folders.push(folder)
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(path.join(folder, name), text)))
  return folder
}

/** The release's own migrations and one more. */
async function newerReleaseWith(name: string, text: string): Promise<string> {
  const folder = await folderWith({ [name]: text })
  for (const file of await readdir(MIGRATIONS_DIR)) {
    await copyFile(path.join(MIGRATIONS_DIR, file), path.join(folder, file))
  }
  return folder
}

/** Everything in the schema, to compare one database with another, or with itself. */
async function schemaOf(on: Db): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' ||
      coalesce(column_default, '') as line
    from information_schema.columns where table_schema = 'public'
    union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
    union all select 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint
      where connamespace = 'public'::regnamespace
    order by 1`.execute(on)
  return rows.map(({ line }) => line)
}

const applied = async () =>
  (await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)).rows.map(
    ({ name }) => name,
  )

describe('migrations', () => {
  test('run once, in order, and say which', async () => {
    const names = await namesOfMigrations()
    expect(names.length).toBeGreaterThanOrEqual(3)
    expect(await migrate(db)).toEqual({ applied: names })
    expect(await migrate(db)).toEqual({ applied: [] })
    expect(await applied()).toEqual(names)
  })

  test('may be started twenty times at once: one schema, no error, and each ran once', async () => {
    const reports = await Promise.all(Array.from({ length: 20 }, () => migrate(database.open(2))))
    expect(reports.flatMap((report) => report.applied).toSorted()).toEqual(await namesOfMigrations())
    const alone = await createTestDatabase()
    try {
      expect(await schemaOf(db)).toEqual(await schemaOf(alone.open(1)))
    } finally {
      await alone.drop()
    }
    expect(await isSchemaCurrent(db)).toBe(true)
  })

  test('may be started as twenty processes at once: all exit 0, and one of them says what it applied', async () => {
    const exits = await Promise.all(
      Array.from({ length: 20 }, () =>
        runProgram('bin/seam-mirror.js', ['migrate'], { DATABASE_URL: database.url }),
      ),
    )
    expect(exits.filter(({ code }) => code !== 0)).toEqual([])
    expect(exits.filter(({ stdout }) => stdout.startsWith('0001_'))).toHaveLength(1)
    expect(exits.filter(({ stderr }) => stderr === 'The schema is current.\n')).toHaveLength(19)
    expect(await isSchemaCurrent(db)).toBe(true)
  })

  test('wait for each other on a pool of one connection, too', async () => {
    const single = database.open(1)
    await expect(Promise.all([migrate(single), migrate(single)])).resolves.toHaveLength(2)
  })
})

describe('a migration that fails', () => {
  test('is named, with the reason, and leaves nothing of itself or of those before it behind', async () => {
    const folder = await folderWith({
      '0001_good.sql': 'create table good (id integer primary key);',
      '0002_broken.sql': 'create table half (id integer); insert into nowhere values (1);',
      '0003_never.sql': 'create table never (id integer);',
    })
    await expect(migrate(db, folder)).rejects.toThrow(/0002_broken failed: .*nowhere/)
    for (const table of ['good', 'half', 'never']) {
      const { rows } = await sql<{
        present: boolean
      }>`select to_regclass(${table}) is not null as present`.execute(db)
      expect({ table, present: rows[0]?.present }).toEqual({ table, present: false })
    }
    expect(await isSchemaCurrent(db, folder)).toBe(false)
    // Put right, it runs.
    await writeFile(path.join(folder, '0002_broken.sql'), 'create table half (id integer);')
    expect((await migrate(db, folder)).applied).toEqual(['0001_good', '0002_broken', '0003_never'])
  })

  test('of a later release leaves the schema of the release before as it was', async () => {
    await migrate(db)
    const before = await schemaOf(db)
    const folder = await newerReleaseWith('0999_broken.sql', 'drop table events; select 1/0;')
    await expect(migrate(db, folder)).rejects.toThrow(/0999_broken failed/)
    expect(await schemaOf(db)).toEqual(before)
    expect(await isSchemaCurrent(db)).toBe(true)
  })
})

describe('a schema of a newer release', () => {
  test('is refused with the names and the remedy, and nothing is changed', async () => {
    const folder = await newerReleaseWith('0999_later.sql', 'alter table events add column later text;')
    await migrate(db, folder)
    const before = await schemaOf(db)
    await expect(migrate(db)).rejects.toThrow(/newer release \(it has 0999_later\).*DATABASE_URL/)
    expect(await schemaOf(db)).toEqual(before)
    expect(await isSchemaCurrent(db)).toBe(false)
    expect(await isSchemaCurrent(db, folder)).toBe(true)
  })

  test('stops the migrate command with exit code 1', async () => {
    await migrate(db, await newerReleaseWith('0999_later.sql', 'select 1;'))
    const { code, stderr } = await runProgram('bin/seam-mirror.js', ['migrate'], {
      DATABASE_URL: database.url,
    })
    expect(code).toBe(1)
    expect(stderr).toContain('0999_later')
  })
})

test('an empty database and one that lacks the last migration are not current', async () => {
  expect(await isSchemaCurrent(db)).toBe(false)
  await migrate(db)
  expect(await isSchemaCurrent(db)).toBe(true)
  await sql`delete from kysely_migration where name = (select max(name) from kysely_migration)`.execute(db)
  expect(await isSchemaCurrent(db)).toBe(false)
})
