import {
  AbortedTransactionError,
  CompiledQuery,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  PostgresAdapter,
  PostgresDialect,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import type pg from 'pg'
import type { Connection } from './open-connection.ts'
import type { Pool } from './open-pool.ts'
import type { Statement } from './sql.ts'

/** A statement as Kysely carries it from a database or a transaction to a connection. */
export interface StatementQuery<Row> extends CompiledQuery<Row> {
  readonly name?: string | undefined
}

export function toQuery<Row>({ name, text, values }: Statement): StatementQuery<Row> {
  return { ...CompiledQuery.raw(text, [...values]), name }
}

export function toStatement({ name, sql, parameters }: StatementQuery<unknown>): Statement {
  return name === undefined ? { text: sql, values: parameters } : { name, text: sql, values: parameters }
}

/** With how many rows a builder's insert, update or delete has written. */
export function toResult<Row>({ command, rowCount, rows }: pg.QueryResult): QueryResult<Row> {
  return WRITING.has(command)
    ? { rows: rows as Row[], numAffectedRows: BigInt(rowCount ?? 0) }
    : { rows: rows as Row[] }
}

const WRITING = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

/**
 * Kysely's dialect of Postgres, on our pool. Kysely's own driver takes text and values from a query and nothing else, so a statement's name
 * would not reach pg.
 */
export class PoolDialect extends PostgresDialect {
  readonly #pool: Pool

  constructor(pool: Pool) {
    super({ pool: () => Promise.reject(new Error('The pool is opened by openPool.')) })
    this.#pool = pool
  }

  override createDriver(): Driver {
    return new PoolDriver(this.#pool)
  }

  override createAdapter(): DialectAdapter {
    return new LocklessAdapter()
  }
}

/**
 * Turns off the lock of Kysely's migrator. It is a lock of the session, and a transaction-mode pooler would leave it behind on one of its
 * connections. `migrate` takes a lock of the transaction instead.
 */
class LocklessAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

class PoolDriver implements Driver {
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async init(): Promise<void> {}
  /** PostgresDatabase ends the pool. */
  async destroy(): Promise<void> {}

  async acquireConnection(): Promise<PoolConnection> {
    return new PoolConnection(await this.#pool.connect())
  }

  async releaseConnection(connection: PoolConnection): Promise<void> {
    connection.release()
  }

  async beginTransaction(connection: PoolConnection, settings: TransactionSettings): Promise<void> {
    const { isolationLevel, accessMode } = settings
    const level = isolationLevel === undefined ? '' : ` isolation level ${isolationLevel}`
    await connection.run(`begin${level}${accessMode === undefined ? '' : ` ${accessMode}`}`)
  }

  async commitTransaction(connection: PoolConnection): Promise<void> {
    const { command } = await connection.run('commit')
    // Postgres answers so when a statement of the transaction has failed.
    if (command === 'ROLLBACK') throw new AbortedTransactionError()
  }

  async rollbackTransaction(connection: PoolConnection): Promise<void> {
    try {
      await connection.run('rollback')
    } catch (error) {
      connection.isBroken = true
      throw error
    }
  }
}

class PoolConnection implements DatabaseConnection {
  /** Nobody knows whether a transaction is still open on it. */
  isBroken = false
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  run(text: string): Promise<pg.QueryResult> {
    return this.#connection.query({ text, values: [] })
  }

  async executeQuery<Row>(query: StatementQuery<unknown>): Promise<QueryResult<Row>> {
    return toResult(await this.#connection.query(toStatement(query)))
  }

  streamQuery(): never {
    throw new Error('Rows are not streamed through Kysely.')
  }

  release(): void {
    this.#connection.release(this.isBroken)
  }
}
