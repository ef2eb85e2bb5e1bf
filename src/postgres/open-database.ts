import {
  type Compilable,
  CompiledQuery,
  type DialectAdapter,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  type QueryResult,
} from 'kysely'
import type pg from 'pg'
import { openPool, type Pool, type PoolOptions } from './open-pool.ts'
import type { TextRows } from './text-query.ts'

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

/** What runs a statement: a database, or a transaction of it. */
export type Executor = Pick<Kysely<unknown>, 'executeQuery'>

/** Kysely for transactions and for what is built by it; statements that are text already go to the pool without its detours. */
export class PostgresDatabase<Tables> extends Kysely<Tables> {
  readonly #pool: Pool

  constructor(pool: Pool) {
    super({ dialect: new Dialect({ pool }) })
    this.#pool = pool
  }

  override async executeQuery<Row>(query: CompiledQuery<Row> | Compilable<Row>): Promise<QueryResult<Row>> {
    const { sql, parameters } = 'compile' in query ? query.compile() : query
    const { rows } = await this.#pool.query<Row & pg.QueryResultRow>(sql, parameters)
    return { rows }
  }

  /** The rows as Postgres sends them, up to so many bytes: for long answers of which nothing is read here. */
  queryTexts(text: string, parameters: readonly unknown[], maxBytes: number): Promise<TextRows> {
    return this.#pool.queryTexts(text, parameters, maxBytes)
  }

  /** Breaks all connections, whatever is under way on them. */
  cutOff(): void {
    this.#pool.cutOff()
  }

  /** Kysely ends a pool only if it has opened a connection of it itself. */
  override async destroy(): Promise<void> {
    await super.destroy()
    await this.#pool.end()
  }
}

/** Opens a pool; connects only when first used, so it also succeeds while Postgres is away. `destroy()` closes it. */
export function openDatabase<Tables>(options: PoolOptions): PostgresDatabase<Tables> {
  return new PostgresDatabase(openPool(options))
}

/** Runs one statement written as text with `$1` parameters. */
export async function runSql<Row>(
  db: Executor,
  text: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  const result = await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))
  return result.rows
}
