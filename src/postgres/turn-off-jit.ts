import { type Executor, runSql } from './open-database.ts'
import { sql } from './sql.ts'

/**
 * Turns Postgres's compiling off for the rest of a transaction. Postgres takes a statement that looks up thousands of events one by one for
 * so expensive that it compiles it, which takes longer than running it.
 */
export async function turnOffJit(trx: Executor): Promise<void> {
  await runSql(trx, sql`select set_config('jit', 'off', true)`)
}
