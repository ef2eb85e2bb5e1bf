import { CompiledQuery, type DialectAdapter, Kysely, PostgresAdapter, PostgresDialect } from 'kysely'
import { openPool, type PoolOptions } from './open-pool.ts'
import type { Database } from './schema.ts'

export type Db = Kysely<Database>

/**
 * Kysely's migrator takes a lock of the session, which a transaction-mode pooler gives to nobody in particular and leaves behind on one
 * of its connections. `migrate` takes a lock of the transaction instead; this one does nothing.
 */
class LocklessAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

class Dialect extends PostgresDialect {
  override createAdapter(): DialectAdapter {
    return new LocklessAdapter()
  }
}

/** Opens a pool; connects only when first used, so it also succeeds while Postgres is away. `destroy()` closes it. */
export function openDatabase(options: PoolOptions): Db {
  return new Kysely<Database>({ dialect: new Dialect({ pool: openPool(options) }) })
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
