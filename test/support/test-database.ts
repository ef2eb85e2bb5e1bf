import { randomBytes } from 'node:crypto'
import { afterAll, inject } from 'vitest'
import type { Db } from '../../src/store/database.ts'
import { openTestPool } from './open-test-pool.ts'
import { onServer, withDatabase } from './postgres-server.ts'

export interface TestDatabase {
  url: string
  /** Opens a pool on it; `drop` closes it. */
  open(maxConnections?: number): Db
  /** Empties the database as it was when it was new, in a tenth of the time that a new one takes. */
  empty(): Promise<void>
  drop(): Promise<void>
}

/** Empties all tables but those that migrations have filled. */
const EMPTY_SQL = `
do $$ begin
  execute (
    select 'truncate ' || string_agg(quote_ident(tablename), ', ') || ' restart identity' from pg_tables
    where schemaname = 'public' and tablename !~ '^kysely_' and tablename <> 'page_cursor_key'
  );
end $$`

/** A database and a pool for all tests of the file that calls this at its top. The database is dropped after the last test. */
export async function databaseOfThisFile(): Promise<{ database: TestDatabase; db: Db }> {
  const database = await createTestDatabase()
  afterAll(() => database.drop())
  return { database, db: database.open() }
}

/** A database of its own: migrated and empty, or with `{ migrated: false }` without any table. */
export async function createTestDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl')
  const name = `seam_mirror_test_${randomBytes(6).toString('hex')}`
  const template = migrated ? inject('templateName') : 'template0'
  await onServer(serverUrl, (client) => client.query(`create database ${name} template ${template}`))
  const url = withDatabase(serverUrl, name)
  const pools: Db[] = []
  return {
    url,
    open: (maxConnections = 10) => {
      const db = openTestPool(url, { maxConnections })
      pools.push(db)
      return db
    },
    empty: () => onServer(url, (client) => client.query(EMPTY_SQL)),
    drop: async () => {
      await Promise.all(pools.map((db) => db.destroy()))
      await onServer(serverUrl, (client) => client.query(`drop database ${name} with (force)`))
    },
  }
}
