import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { expect, inject, onTestFinished, test } from 'vitest'
import { refuseUnfit } from '../../src/postgres/check-server.ts'
import { isSchemaCurrent, migrate } from '../../src/postgres/migrate.ts'
import { queryTest } from '../support/query-test.ts'
import type { Db } from '../../src/store/database.ts'
import { openTestPool } from '../support/open-test-pool.ts'
import { onServer, withDatabase } from '../support/postgres-server.ts'
import { runProgram } from '../support/run-program.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { deliver, WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { startTestApp } from '../support/start-test-app.ts'

const serverUrl = inject('postgresUrl')

/** A database made as the options say, without any table, and a pool on it; both go with the test. */
async function makeDatabase(options = 'template template0'): Promise<{ url: string; db: Db }> {
  const name = `seam_mirror_unfit_${randomBytes(6).toString('hex')}`
  await onServer(serverUrl, (client) => client.query(`create database ${name} ${options}`))
  const url = withDatabase(serverUrl, name)
  const db = openTestPool(url)
  onTestFinished(async () => {
    await db.destroy()
    await onServer(serverUrl, (client) => client.query(`drop database ${name} with (force)`))
  })
  return { url, db }
}

function open(url: string): Db {
  const db = openTestPool(url)
  onTestFinished(() => db.destroy())
  return db
}

const withOptions = (url: string, options: string) => `${url}?options=${encodeURIComponent(options)}`

const tablesOf = async (db: Db) =>
  (
    await queryTest<{ name: string }>(
      db,
      `select schemaname || '.' || tablename as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
    )
  ).map(({ name }) => name)

test('F5: a database with another encoding than UTF8 is refused at start, with what to do, and nothing is put into it', async () => {
  const { url, db } = await makeDatabase(`encoding 'WIN1252' lc_collate 'C' lc_ctype 'C' template template0`)
  await expect(migrate(db)).rejects.toThrow(
    /encoding WIN1252, .* needs UTF8.*create database seam_mirror encoding 'UTF8'.*template0/,
  )
  expect(await tablesOf(db)).toEqual([])
  const exit = await runProgram('bin/seam-mirror.js', ['serve'], {
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: url,
    SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
  })
  expect(exit.code).toBe(1)
  expect(exit.stderr).toMatch(/^The database .* has the encoding WIN1252.*\n$/)
})

test('F10: an old server is refused with both versions', () => {
  const facts = { encoding: 'UTF8', database: 'd', role: 'r', schema: 'public', canCreate: true }
  expect(() => refuseUnfit({ ...facts, versionNumber: 130_023, version: '13.23' })).toThrow(
    'The server is Postgres 13.23; seam-mirror needs 14 or newer.',
  )
  expect(() => refuseUnfit({ ...facts, versionNumber: 140_000, version: '14.0' })).not.toThrow()
})

test('F10: a table of migrations in another schema is another program’s, and is left alone', async () => {
  const { db } = await makeDatabase()
  await sql`create schema other`.execute(db)
  await sql`create table other.kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)`.execute(
    db,
  )
  await sql`create table other.kysely_migration_lock (id varchar(255) primary key, is_locked integer)`.execute(
    db,
  )
  await sql`insert into other.kysely_migration values ('0001_theirs', 'now')`.execute(db)
  expect((await migrate(db)).applied).not.toEqual([])
  expect(await isSchemaCurrent(db)).toBe(true)
  expect(await tablesOf(db)).toEqual(expect.arrayContaining(['public.kysely_migration', 'public.events']))
  const { rows } = await sql`select name from other.kysely_migration`.execute(db)
  expect(rows).toEqual([{ name: '0001_theirs' }])
})

test('F10: another schema of the search path is not taken for ours either', async () => {
  const { url, db } = await makeDatabase()
  await migrate(db)
  await sql`create schema mine`.execute(db)
  const mine = open(withOptions(url, '-c search_path=mine,public'))
  expect(await isSchemaCurrent(mine)).toBe(false)
  expect((await migrate(mine)).applied).not.toEqual([])
  expect(await tablesOf(db)).toEqual(expect.arrayContaining(['mine.events', 'public.events']))
})

test('F10: another program’s migrations, or its table, in our schema are named as such, with the way out', async () => {
  const { db } = await makeDatabase()
  await sql`create table events (x integer)`.execute(db)
  const error = await migrate(db).catch((cause: unknown) => cause as Error)
  expect(error).toMatchObject({
    message: expect.stringMatching(
      /relation "events" already exists.*create schema seam_mirror.*search_path/,
    ),
  })
  expect(await tablesOf(db)).toEqual(['public.events'])

  const other = await makeDatabase()
  await sql`create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)`.execute(
    other.db,
  )
  await sql`insert into kysely_migration values ('2023_init', 'now')`.execute(other.db)
  await expect(migrate(other.db)).rejects.toThrow(
    /Another program keeps its migrations.*2023_init.*create schema/,
  )
})

test('F10: the way out works: the whole service lives in a schema of its own beside another program', async () => {
  const { url, db } = await makeDatabase()
  await sql`create table events (x integer)`.execute(db)
  await sql`create schema seam_mirror`.execute(db)
  const app = await startTestApp(`${url}?options=-c%20search_path%3Dseam_mirror`, {
    SEAM_WORKSPACE_ID: WORKSPACE_ID,
  })
  onTestFinished(() => app.stop())
  expect((await deliver(app.url, sampleEvent())).status).toBe(204)
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200)
  expect(await queryTest(db, 'select 1 as stored from seam_mirror.events')).toEqual([{ stored: 1 }])
  expect((await tablesOf(db)).filter((name) => name.startsWith('public.'))).toEqual(['public.events'])
})

test('F10: a role without rights is told which, and of what is missing, not that a transaction is aborted', async () => {
  const { url, db } = await makeDatabase()
  const role = `unfit_${randomBytes(4).toString('hex')}`
  await sql.raw(`create role ${role} login password 'secret'`).execute(db)
  const asRole = new URL(url)
  asRole.username = role
  asRole.password = 'secret'
  const limited = open(asRole.href)
  onTestFinished(async () => {
    await sql.raw(`drop owned by ${role}; drop role ${role}`).execute(db)
  })
  await expect(migrate(limited)).rejects.toThrow(
    new RegExp(`permission denied for schema public.*grant create on schema "public" to "${role}"`),
  )
  await sql.raw(`grant create on schema public to ${role}`).execute(db)
  expect((await migrate(limited)).applied).not.toEqual([])
})

test('F10: a search path without a schema is refused with what to do', async () => {
  const { url } = await makeDatabase()
  await expect(migrate(open(withOptions(url, '-c search_path=nowhere')))).rejects.toThrow(
    /No schema of the search path exists.*create schema/,
  )
})
