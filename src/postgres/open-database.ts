import { type Compilable, type CompiledQuery, Kysely, type QueryResult } from 'kysely'
import { openPool, type Pool, type PoolOptions } from './open-pool.ts'
import { PoolDialect, toQuery, toResult, toStatement } from './pool-dialect.ts'
import type { Statement } from './sql.ts'
import type { TextRows } from './text-query.ts'

/** What runs a statement: a database, or a transaction of it. */
export type Executor = Pick<Kysely<unknown>, 'executeQuery'>

/** Kysely for transactions and for statements it builds. Statements that are made with `sql` go straight to the pool. */
export class PostgresDatabase<Tables> extends Kysely<Tables> {
  readonly #pool: Pool

  constructor(pool: Pool) {
    super({ dialect: new PoolDialect(pool) })
    this.#pool = pool
  }

  override async executeQuery<Row>(query: CompiledQuery<Row> | Compilable<Row>): Promise<QueryResult<Row>> {
    return toResult(await this.#pool.query(toStatement('compile' in query ? query.compile() : query)))
  }

  /** The rows as Postgres sends them, up to `maxBytes`, but at least `minRows` (1). It is meant for long answers that are passed on without being read. */
  queryTexts(statement: Statement, maxBytes: number, minRows?: number): Promise<TextRows> {
    return this.#pool.queryTexts(statement, { maxBytes, minRows })
  }

  /** Breaks all connections, whatever is under way on them. */
  cutOff(): void {
    this.#pool.cutOff()
  }

  /** Also ends the pool, which Kysely knows nothing about. */
  override async destroy(): Promise<void> {
    await super.destroy()
    await this.#pool.end()
  }
}

/** Opens a pool. It connects only when first used, so this succeeds even while Postgres is away. `destroy()` closes it. */
export function openDatabase<Tables>(options: PoolOptions): PostgresDatabase<Tables> {
  return new PostgresDatabase(openPool(options))
}

/** Runs one statement in a transaction, or by itself on any connection of a database. */
export async function runSql<Row>(db: Executor, statement: Statement): Promise<Row[]> {
  return (await db.executeQuery<Row>(toQuery<Row>(statement))).rows
}
