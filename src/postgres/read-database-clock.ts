import { type Micros, parseInstant } from '../domain/instant.ts'
import { type Executor, runSql } from './open-database.ts'
import { sql } from './sql.ts'

/** The database's clock as text, to the microsecond: the one clock that all replicas share. */
export async function readDatabaseClock(db: Executor): Promise<string> {
  const [row] = await runSql<{ now: string }>(
    db,
    sql`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
  )
  if (row === undefined) throw new Error("The query for the database's clock returned no row.")
  return row.now
}

/** The database's clock as an instant. */
export async function readDatabaseNow(db: Executor): Promise<Micros> {
  const now = parseInstant(await readDatabaseClock(db))
  if (now === null) throw new Error("The database's clock is outside the years 1 to 9999.")
  return now
}
