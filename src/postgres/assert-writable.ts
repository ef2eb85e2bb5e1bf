import { type Executor, runSql } from './open-database.ts'

/**
 * Throws what a delivery would meet on a standby, on a server that was told to stop writing, and without the right to write. It writes
 * nothing: for rows that are to be locked Postgres asks the same questions before it looks for any.
 */
export async function assertWritable(db: Executor): Promise<void> {
  await runSql(db, 'select 1 from events where false for update', [])
}
