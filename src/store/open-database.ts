import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import { openPool, type PoolOptions } from './open-pool.ts'
import type { Database } from './schema.ts'

export type Db = Kysely<Database>

/** Opens a pool; connects only when first used, so it also succeeds while Postgres is away. `destroy()` closes it. */
export function openDatabase(options: PoolOptions): Db {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: openPool(options) }) })
}

/** Runs one statement written as text with `$1` parameters. */
export async function runSql<Row>(
  db: Pick<Db, 'executeQuery'>,
  text: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  const result = await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))
  return result.rows
}
