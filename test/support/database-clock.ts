import { sql } from 'kysely'
import type { TestDatabase } from './test-database.ts'

export interface DatabaseClock {
  /** Stops it at an instant (Unix milliseconds); null lets it run right again. */
  set(unixMs: number | null): Promise<void>
}

/**
 * A clock of its own for a test's database: `clock_timestamp()` without a schema, as all our statements say it, means a function of the
 * test in new sessions. Postgres's own clock is the machine's, which nobody may set. Called before the first query of any other pool.
 */
export async function databaseClock(database: TestDatabase): Promise<DatabaseClock> {
  const db = database.open(1)
  const name = sql.id(new URL(database.url).pathname.slice(1))
  await sql`create schema test_clock`.execute(db)
  await sql`create table test_clock.stopped (at timestamptz)`.execute(db)
  await sql`insert into test_clock.stopped values (null)`.execute(db)
  await sql`
    create function test_clock.clock_timestamp() returns timestamptz language sql volatile
    as 'select coalesce(at, pg_catalog.clock_timestamp()) from test_clock.stopped'`.execute(db)
  await sql`alter database ${name} set search_path = public, test_clock, pg_catalog`.execute(db)
  return {
    set: async (unixMs) => {
      const at = unixMs === null ? null : new Date(unixMs).toISOString()
      await sql`update test_clock.stopped set at = ${at}::timestamptz`.execute(db)
    },
  }
}
