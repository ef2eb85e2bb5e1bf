import { type Executor, runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'

/**
 * Throws the error that a delivery would get on a standby, on a server that was told to stop writing, and without the right to write. It
 * writes nothing: before Postgres looks for rows to lock, it makes the same checks as for writing.
 */
export async function assertWritable(db: Executor): Promise<void> {
  await runSql(db, sql`select 1 from events where false for update`)
}
