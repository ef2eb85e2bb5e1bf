import type pg from 'pg'
import { isWrongServer, type ServerWatch } from './server-watch.ts'
import type { Statement } from './sql.ts'
import { TextQuery, type TextRows } from './text-query.ts'

/**
 * The client waits this much longer than Postgres for the end of a statement, so that normally Postgres ends it. The client's own limit
 * only matters when the network has gone silent.
 */
export const GRACE_MS = 2_000

const QUERY_TIMEOUT_MESSAGE = 'Query read timeout'

/** A connection in use. */
export interface Connection {
  query(statement: Statement): Promise<pg.QueryResult>
  queryTexts(statement: Statement, maxBytes: number): Promise<TextRows>
  release(destroy?: boolean): void
  /** True when the connection leads to a server that another connection has found to be no longer the right one. */
  isToServerLeft(): boolean
}

/**
 * Runs statements on one connection, and closes it when a statement takes too long. On a network that has gone silent, the next user of
 * the connection would otherwise wait just as long, until the kernel gives the connection up after a quarter of an hour.
 *
 * pg's own `query_timeout` is not used because it does not close the connection. Also, both it and the form of `query` that returns a
 * promise set a query's callback after the query was made. Then the rows of an answer outlive the garbage collector's small rounds (they
 * freed 2 MB instead of 6), and a page of 500 events costs the service 2.3 instead of 1.5 ms of CPU time.
 */
export async function openConnection(
  client: pg.PoolClient,
  serverWatch: ServerWatch,
  connectTimeoutMs: number,
  timeoutMs: number,
): Promise<Connection> {
  const canPrepare = await isDirect(client, connectTimeoutMs)
  const watched = serverWatch.opened()
  /** The error that ended the transaction. Every later statement only gets "current transaction is aborted". */
  let lastError: Error | null = null
  const noteError = (error: Error): Error => {
    if (isWrongServer(error)) watched.refusedWrite()
    if (isAfterFailure(error) && lastError !== null) return lastError
    lastError = error
    return error
  }
  /** The connection still receives rows that nobody waits for, so it can't be used again. */
  let isSpent = false
  const configOf = ({ name, text, values }: Statement): pg.QueryConfig =>
    canPrepare && name !== undefined
      ? { name, text, values: values as unknown[] }
      : { text, values: values as unknown[] }
  function limited<Result>(
    submit: (done: (error: Error | null | undefined, result: Result) => void) => void,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(giveUp, timeoutMs, client)
      submit((error, result) => {
        clearTimeout(timer)
        if (error) reject(noteError(error))
        else resolve(result)
      })
    })
  }
  return {
    query: (statement) => limited<pg.QueryResult>((done) => client.query(configOf(statement), done)),
    queryTexts: async (statement, maxBytes) => {
      const result = await limited<TextRows>(
        (done) => void client.query(new TextQuery(configOf(statement), maxBytes, done)),
      )
      isSpent ||= result.isCut
      return result
    },
    release: (destroy) => client.release(destroy === true || isSpent || watched.isLeft()),
    isToServerLeft: () => watched.isLeft(),
  }
}

/** in_failed_sql_transaction */
function isAfterFailure(error: Error): boolean {
  return (error as { code?: unknown }).code === '25P02'
}

/** Ends the connection; pg rejects the statement that is on it with this error, and the pool drops it. */
function giveUp(client: pg.PoolClient): void {
  client.connection.stream.destroy(new Error(QUERY_TIMEOUT_MESSAGE))
}

/**
 * Whether the connection leads to one Postgres process, so that a prepared statement is there when it is used again. A pooler may run each
 * transaction in another process; it is known by the process id it reports, which is of its own making.
 */
async function isDirect(client: pg.PoolClient, timeoutMs: number): Promise<boolean> {
  const { processID } = client as pg.PoolClient & { processID?: number }
  // pg takes the time limit with each statement as well; its types don't say so.
  const query = { text: 'select pg_backend_pid() as pid', query_timeout: timeoutMs }
  const { rows } = await client.query<{ pid: number }>(query)
  return rows[0]?.pid === processID
}
