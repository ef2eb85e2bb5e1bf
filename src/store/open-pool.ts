import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { TextQuery, type TextRows } from './text-query.ts'

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
  /** Told of connections that break while idle; the pool replaces them by itself. */
  onIdleError: (error: Error) => void
  /** Told once when connections can't bring settings, as with PgBouncer: then time limits have to be the role's. */
  onRefusedSettings: () => void
}

/** All connections are in use, and as many callers as allowed wait for one. */
export class PoolBusyError extends Error {
  override readonly name = 'PoolBusyError'
}

/**
 * How much longer than Postgres the client waits for the end of a statement, so that normally it is Postgres that ends it. It is
 * what counts when the network has gone silent.
 */
const GRACE_MS = 2_000

const QUERY_TIMEOUT_MESSAGE = 'Query read timeout'

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

/** pg's pool, for Kysely and for statements that need no transaction. */
export interface Pool extends PostgresPool {
  /** Runs one statement, on whichever connection is free. */
  query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<pg.QueryResult<Row>>
  /** The same, with rows as Postgres sends them, and no more of them than `maxBytes`, or one. */
  queryTexts(text: string, values: readonly unknown[], maxBytes: number): Promise<TextRows>
  /** Breaks all connections, whatever is under way on them. */
  cutOff(): void
}

/**
 * With what pg leaves out: a limit to the queue, connections that are given up when a statement times out, and PgBouncer, which refuses
 * connections that bring settings. It connects only when first used.
 */
export function openPool(options: PoolOptions): Pool {
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
  // A connection that breaks while it is in use rejects its statement and then emits 'error' as well, with nobody listening:
  // without this, a restart of Postgres would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))

  const clients = new Set<pg.PoolClient>()
  pool.on('connect', (client) => void clients.add(client))
  pool.on('remove', (client) => void clients.delete(client))
  let ended: Promise<void> | null = null
  const connections = new WeakMap<pg.PoolClient, Connection>()

  async function connectClient(): Promise<pg.PoolClient> {
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

  async function connect(): Promise<Connection> {
    if (pool.waitingCount >= options.maxWaiting) {
      throw new PoolBusyError('Too many statements are waiting for a database connection.')
    }
    const client = await connectClient()
    const known = connections.get(client)
    if (known !== undefined) return known
    try {
      const canPrepare = await isDirect(client, options.connectTimeoutMs)
      const connection = openConnection(client, canPrepare, options.statementTimeoutMs + GRACE_MS)
      connections.set(client, connection)
      return connection
    } catch (error) {
      client.release(true)
      throw error
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
    options: {},
    // Kysely's other way to query is with a cursor, which nothing here does.
    connect: async () => (await connect()) as unknown as PostgresPoolClient,
    query: <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]) =>
      using((connection) => connection.query(text, values) as Promise<pg.QueryResult<Row>>),
    queryTexts: (text, values, maxBytes) =>
      using((connection) => connection.queryTexts(text, values, maxBytes)),
    cutOff: () => {
      for (const client of clients) client.connection.stream.destroy()
    },
    // pg's own complains of a second time.
    end: () => (ended ??= pool.end()),
  }
}

/** A connection in use. */
interface Connection {
  query(text: string, values?: readonly unknown[]): Promise<pg.QueryResult>
  queryTexts(text: string, values: readonly unknown[], maxBytes: number): Promise<TextRows>
  release(destroy?: boolean): void
}

/**
 * Runs statements on one connection, which is closed when a statement takes too long: behind a network that has gone silent whoever
 * draws it next would wait as long again, until the kernel gives the connection up (a quarter of an hour).
 *
 * pg's own `query_timeout` does not close it. And both it and the form of `query` that returns a promise set the callback of a query
 * after that was made: then the rows of an answer outlive the garbage collector's small rounds (those freed 2 MB instead of 6), and
 * a page of 500 events costs the service 2.3 instead of 1.5 ms of CPU time.
 */
function openConnection(client: pg.PoolClient, canPrepare: boolean, timeoutMs: number): Connection {
  /** Rows that nobody waits for are still coming on it. */
  let isSpent = false
  const configOf = (text: string, values: readonly unknown[]): pg.QueryConfig => {
    const name = canPrepare ? PREPARED.exec(text)?.[1] : undefined
    return name === undefined
      ? { text, values: values as unknown[] }
      : { name, text, values: values as unknown[] }
  }
  function limited<Result>(
    submit: (done: (error: Error | null | undefined, result: Result) => void) => void,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(giveUp, timeoutMs, client)
      submit((error, result) => {
        clearTimeout(timer)
        if (error) reject(error)
        else resolve(result)
      })
    })
  }
  return {
    query: (text, values = []) =>
      limited<pg.QueryResult>((done) => client.query(configOf(text, values), done)),
    queryTexts: async (text, values, maxBytes) => {
      const result = await limited<TextRows>(
        (done) => void client.query(new TextQuery(configOf(text, values), maxBytes, done)),
      )
      isSpent ||= result.isCut
      return result
    },
    release: (destroy) => client.release(destroy === true || isSpent),
  }
}

/** Ends the connection; pg rejects the statement that is on it with this error, and the pool drops it. */
function giveUp(client: pg.PoolClient): void {
  client.connection.stream.destroy(new Error(QUERY_TIMEOUT_MESSAGE))
}

const PREPARED = /^\/\* prepared (\w+) \*\//

/**
 * Marks a statement that is to be prepared once for a connection, under this name, where that is possible: one that is the same
 * every time and wants the same plan whatever its values.
 */
export function prepared(name: string, text: string): string {
  return `/* prepared ${name} */ ${text}`
}

/**
 * Whether the connection ends at a Postgres process and not at a pooler, which may run each transaction on another one: then a
 * prepared statement is there when it is used again. A pooler answers with a process id of its own making.
 */
async function isDirect(client: pg.PoolClient, timeoutMs: number): Promise<boolean> {
  const { processID } = client as pg.PoolClient & { processID?: number }
  // pg takes the time limit with each statement as well; its types don't say so.
  const query = { text: 'select pg_backend_pid() as pid', query_timeout: timeoutMs }
  const { rows } = await client.query<{ pid: number }>(query)
  return rows[0]?.pid === processID
}

/** PgBouncer's answer to startup parameters it does not track, unless told to ignore them; it names them in its text only. */
function isRefusedSetting(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error as { code?: unknown }).code === '08P01' &&
    /unsupported startup parameter/i.test(error.message)
  )
}
