import pg from 'pg'
import { type Connection, GRACE_MS, openConnection } from './open-connection.ts'
import { PoolBusyError } from './pool-busy-error.ts'
import { createServerWatch, type ServerWatch } from './server-watch.ts'
import type { Statement } from './sql.ts'
import type { TextLimits, TextRows } from './text-query.ts'

export interface PoolOptions {
  connectionString: string
  /** Most connections this pool holds. */
  maxConnections: number
  /** Most callers that wait for one of them; further ones get PoolBusyError at once (I12). */
  maxWaiting: number
  /** How long a caller waits for a free or new connection before it gets an error. */
  connectTimeoutMs: number
  /** Postgres cancels a statement that runs longer (`statement_timeout`). */
  statementTimeoutMs: number
  /** Called for connections that break while idle. The pool replaces them by itself. */
  onIdleError: (error: Error) => void
  /** Shared by all pools of a database; a pool that stands alone makes its own. */
  serverWatch?: ServerWatch
  /** Called once when connections cannot bring settings, as with PgBouncer. Then time limits have to be set for the role. */
  onRefusedSettings: () => void
  /** Called once when a pooler leads to sessions whose commits don't wait for the disk. Then that has to be set for the role. */
  onLossyCommits: () => void
}

const TEXT_TYPE_IDS = new Set([
  pg.types.builtins.TIMESTAMPTZ,
  pg.types.builtins.TIMESTAMP,
  pg.types.builtins.JSON,
  pg.types.builtins.JSONB,
])

/** Instants and JSON come back as the text that Postgres sends, without `Date` and without parsing and printing (I7). */
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    TEXT_TYPE_IDS.has(oid)
      ? (value: string) => value
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

/** pg's pool, for transactions and for statements that need none. */
export interface Pool {
  /** Takes a connection, which must be released. */
  connect(): Promise<Connection>
  /** Runs one statement, on whichever connection is free. */
  query(statement: Statement): Promise<pg.QueryResult>
  /** Does the same, but returns rows as Postgres sends them: as many as fit into the limits. */
  queryTexts(statement: Statement, limits: TextLimits): Promise<TextRows>
  /** Breaks all connections, whatever is under way on them. */
  cutOff(): void
  /** Closes the connections once what is under way on them has ended. */
  end(): Promise<void>
}

/**
 * Adds to pg's pool: a limit to the queue, connections that are closed when a statement times out, and support for PgBouncer, which
 * refuses connections that bring settings. It connects only when first used.
 */
export function openPool(options: PoolOptions): Pool {
  const pool = openPgPool(options)
  const clients = new Set<pg.PoolClient>()
  pool.on('connect', (client) => void clients.add(client))
  pool.on('remove', (client) => void clients.delete(client))
  const connectClient = createConnectClient(pool, options)
  const connections = new WeakMap<pg.PoolClient, Connection>()
  const openNew = createOpenNew(connections, options)
  let ended: Promise<void> | null = null

  async function connect(): Promise<Connection> {
    if (pool.waitingCount >= options.maxWaiting) {
      throw new PoolBusyError('Too many statements are waiting for a database connection.')
    }
    for (;;) {
      const client = await connectClient()
      const known = connections.get(client)
      if (known === undefined) return openNew(client)
      if (!known.isToServerLeft()) return known
      // Each turn closes one connection, so the loop ends.
      known.release()
    }
  }

  async function using<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const connection = await connect()
    try {
      return await work(connection)
    } finally {
      connection.release()
    }
  }

  return {
    connect,
    query: (statement) => using((connection) => connection.query(statement)),
    queryTexts: (statement, limits) => using((connection) => connection.queryTexts(statement, limits)),
    cutOff: () => {
      for (const client of clients) client.connection.stream.destroy()
    },
    // pg's pool throws when it is ended twice.
    end: () => (ended ??= pool.end()),
  }
}

function openPgPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: 'seam-mirror',
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    // A process that is put to sleep inside a transaction must not hold its locks for ever.
    idle_in_transaction_session_timeout: options.statementTimeoutMs + GRACE_MS,
    keepAlive: true,
    types,
  })
  pool.on('error', options.onIdleError)
  // A connection that breaks while in use rejects its statement and then also emits 'error'. Without a listener, a restart of Postgres
  // would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** Takes a client of pg's pool. Once a pooler has refused the settings that a connection brings, connections bring none. */
function createConnectClient(pool: pg.Pool, options: PoolOptions): () => Promise<pg.PoolClient> {
  return async () => {
    try {
      return await pool.connect()
    } catch (error) {
      if (!isRefusedSetting(error)) throw error
      if (pool.options.statement_timeout !== undefined) {
        delete pool.options.statement_timeout
        delete pool.options.idle_in_transaction_session_timeout
        options.onRefusedSettings()
      }
      return pool.connect()
    }
  }
}

/** Makes the connection of a client that the pool gives for the first time, and remembers it in `connections`. */
function createOpenNew(
  connections: WeakMap<pg.PoolClient, Connection>,
  options: PoolOptions,
): (client: pg.PoolClient) => Promise<Connection> {
  const serverWatch = options.serverWatch ?? createServerWatch(() => performance.now())
  const timeoutMs = options.statementTimeoutMs + GRACE_MS
  let areLossyCommitsTold = false
  return async (client) => {
    try {
      const connection = await openConnection(client, serverWatch, options.connectTimeoutMs, timeoutMs)
      connections.set(client, connection)
      if (connection.losesCommits && !areLossyCommitsTold) {
        areLossyCommitsTold = true
        options.onLossyCommits()
      }
      return connection
    } catch (error) {
      client.release(true)
      throw error
    }
  }
}

/** PgBouncer's error for startup parameters that it does not track and was not told to ignore. Only its text tells it from others. */
function isRefusedSetting(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error as { code?: unknown }).code === '08P01' &&
    /unsupported startup parameter/i.test(error.message)
  )
}
