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
 * Turns off the lock of Kysely's migrator. It is a lock of the session, and a transaction-mode pooler would leave it behind on one of its
 * connections. `migrate` takes a lock of the transaction instead.
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

/** Kysely for transactions and for statements it builds. Statements that are already text go straight to the pool. */
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

  /** The rows as Postgres sends them, up to `maxBytes`. It is meant for long answers that are passed on without being read. */
  queryTexts(text: string, parameters: readonly unknown[], maxBytes: number): Promise<TextRows> {
    return this.#pool.queryTexts(text, parameters, maxBytes)
  }

  /** Breaks all connections, whatever is under way on them. */
  cutOff(): void {
    this.#pool.cutOff()
  }

  /** Also ends the pool, because Kysely does so only if it has opened one of its connections itself. */
  override async destroy(): Promise<void> {
    await super.destroy()
    await this.#pool.end()
  }
}

/** Opens a pool. It connects only when first used, so this succeeds even while Postgres is away. `destroy()` closes it. */
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
