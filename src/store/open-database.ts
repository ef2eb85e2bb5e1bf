import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database } from './schema.ts'

export type Db = Kysely<Database>

export interface DatabaseOptions {
  connectionString: string
  /** Most connections this process holds. */
  maxConnections: number
  /** How long a caller waits for a free or new connection before it gets an error. */
  connectTimeoutMs: number
  /** Postgres cancels a statement that runs longer (`statement_timeout`, sent when a connection opens). */
  statementTimeoutMs: number
  /** Told of connections that break while idle; the pool replaces them by itself. */
  onIdleError: (error: Error) => void
}

const TEXT_TYPE_IDS = new Set([
  pg.types.builtins.TIMESTAMPTZ,
  pg.types.builtins.TIMESTAMP,
  pg.types.builtins.JSON,
  pg.types.builtins.JSONB,
])

/** Instants and JSON come back as the text Postgres sends: no `Date`, no parse and print (I7). */
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    TEXT_TYPE_IDS.has(oid)
      ? (value: string) => value
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

/** Opens a pool; connects only when first used, so it also succeeds while Postgres is away. `destroy()` closes it. */
export function openDatabase(options: DatabaseOptions): Db {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: 'seam-mirror',
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    // The client gives up a little after the server would have: it also covers a network that has gone silent.
    query_timeout: options.statementTimeoutMs + 5000,
    // A process that is put to sleep inside a transaction must not hold its locks for ever.
    idle_in_transaction_session_timeout: options.statementTimeoutMs + 5000,
    keepAlive: true,
    types,
  })
  pool.on('error', options.onIdleError)
  // A connection that breaks while it is in use rejects its statement and then emits 'error' as well, with nobody listening:
  // without this, a restart of Postgres would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
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
