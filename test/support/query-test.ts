import { type Executor, runSql } from '../../src/postgres/open-database.ts'

/** Runs a text with `$1` parameters and returns its rows. Only tests run texts: the service's statements are made with `sql` or built. */
export function queryTest<Row>(db: Executor, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  return runSql<Row>(db, { text, values })
}
