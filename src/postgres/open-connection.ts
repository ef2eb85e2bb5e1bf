import type pg from 'pg'
import { isWrongServer, type ServerWatch } from './server-watch.ts'
import { TextQuery, type TextRows } from './text-query.ts'

/**
 * How much longer than Postgres the client waits for the end of a statement, so that normally it is Postgres that ends it. It is
 * what counts when the network has gone silent.
 */
export const GRACE_MS = 2_000

const QUERY_TIMEOUT_MESSAGE = 'Query read timeout'

/** A connection in use. */
export interface Connection {
  query(text: string, values?: readonly unknown[]): Promise<pg.QueryResult>
  queryTexts(text: string, values: readonly unknown[], maxBytes: number): Promise<TextRows>
  release(destroy?: boolean): void
  /** It was open when another one learned that the server is not the one to use any more. */
  isToServerLeft(): boolean
}

/**
 * Runs statements on one connection, which is closed when a statement takes too long: behind a network that has gone silent whoever
 * draws it next would wait as long again, until the kernel gives the connection up (a quarter of an hour).
 *
 * pg's own `query_timeout` does not close it. And both it and the form of `query` that returns a promise set the callback of a query
 * after that was made: then the rows of an answer outlive the garbage collector's small rounds (those freed 2 MB instead of 6), and
 * a page of 500 events costs the service 2.3 instead of 1.5 ms of CPU time.
 */
export async function openConnection(
  client: pg.PoolClient,
  serverWatch: ServerWatch,
  connectTimeoutMs: number,
  timeoutMs: number,
): Promise<Connection> {
  const canPrepare = await isDirect(client, connectTimeoutMs)
  const watched = serverWatch.opened()
  /** What ended the transaction: every statement after it gets only "current transaction is aborted". */
  let lastError: Error | null = null
  const noteError = (error: Error): Error => {
    if (isWrongServer(error)) watched.refusedWrite()
    if (isAfterFailure(error) && lastError !== null) return lastError
    lastError = error
    return error
  }
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
        if (error) reject(noteError(error))
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
