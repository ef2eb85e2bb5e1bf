import type pg from 'pg'
import { isWrongServer, type ServerWatch } from './server-watch.ts'
import type { Statement } from './sql.ts'
import { type TextLimits, TextQuery, type TextRows } from './text-query.ts'

/**
 * The client waits this much longer than Postgres for the end of a statement, so that normally Postgres ends it. The client's own limit
 * only matters when the network has gone silent.
 */
export const GRACE_MS = 2_000

const QUERY_TIMEOUT_MESSAGE = 'Query read timeout'

/** A connection in use. */
export interface Connection {
  query(statement: Statement): Promise<pg.QueryResult>
  queryTexts(statement: Statement, limits: TextLimits): Promise<TextRows>
  release(destroy?: boolean): void
  /** True when the connection leads to a server that another connection has found to be no longer the right one. */
  isToServerLeft(): boolean
  /** True behind a pooler when `synchronous_commit` is off: commits are answered before they are on disk. */
  losesCommits: boolean
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
  const { isDirect: canPrepare, synchronousCommit } = await beginSession(client, connectTimeoutMs)
  const watched = serverWatch.opened()
  /** The error that ended the transaction. Every later statement only gets "current transaction is aborted". */
  let lastError: Error | null = null
  const noteError = (error: Error): Error => {
    if (isWrongServer(error)) watched.refusedWrite()
    if (isAfterFailure(error) && lastError !== null) return lastError
    lastError = error
    return error
  }
  /** The connection still receives rows that nobody waits for, so it cannot be used again. */
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
    queryTexts: async (statement, limits) => {
      const result = await limited<TextRows>(
        (done) => void client.query(new TextQuery(configOf(statement), limits, done)),
      )
      isSpent ||= result.isCut
      return result
    },
    release: (destroy) => client.release(destroy === true || isSpent || watched.isLeft()),
    isToServerLeft: () => watched.isLeft(),
    losesCommits: synchronousCommit === 'off',
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

interface Session {
  /** Whether the connection leads to one Postgres process, so that what is set or prepared is there when it is used again. */
  isDirect: boolean
  synchronousCommit: string
}

/**
 * Turns `synchronous_commit` on where the role, the database or the server has it off, and fixes any other value, so that no webhook is
 * answered before it is on disk (I1). Has Postgres write instants in the one form that is read here, whatever its own is. Behind a pooler
 * nothing is set, because the session belongs to others as well.
 */
const BEGIN_SESSION = `
select pg_backend_pid() = $1 as "isDirect",
  case when pg_backend_pid() = $1
    then set_config('synchronous_commit', coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on'), false)
    else current_setting('synchronous_commit') end as "synchronousCommit",
  case when pg_backend_pid() = $1 then set_config('datestyle', 'ISO', false) end as "dateStyle"`

/**
 * Prepares the session that a new connection leads to. A pooler may run each transaction in another one; it is known by the process id it
 * reports, which is of its own making.
 */
async function beginSession(client: pg.PoolClient, timeoutMs: number): Promise<Session> {
  const { processID } = client as pg.PoolClient & { processID?: number | null }
  // pg takes the time limit with each statement as well; its types don't say so.
  const query = { text: BEGIN_SESSION, values: [processID ?? 0], query_timeout: timeoutMs }
  const { rows } = await client.query<Session>(query)
  return rows[0] as Session
}
