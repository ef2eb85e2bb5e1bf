import { type Db, runSql } from './open-database.ts'

/** The database's clock as text, to the microsecond: the one clock that all replicas share. */
export async function readDatabaseClock(db: Pick<Db, 'executeQuery'>): Promise<string> {
  const [row] = await runSql<{ now: string }>(
    db,
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
    [],
  )
  if (row === undefined) throw new Error('The database did not say what time it is.')
  return row.now
}
