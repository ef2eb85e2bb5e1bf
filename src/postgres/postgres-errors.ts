import { isTlsProblem } from './explain-database-error.ts'
import { PoolBusyError } from './pool-busy-error.ts'
import { isWrongServer } from './server-watch.ts'

/**
 * What a Postgres error means for us, decided by SQLSTATE alone (https://www.postgresql.org/docs/18/errcodes-appendix.html).
 *
 * - `away`: nothing is wrong with the data, but the database cannot take it now. Ask the sender to come back.
 * - `retry`: the transaction lost a race, or met a server that takes no writes, to which connections are then given up (server-watch.ts).
 *   Doing it again at once is right.
 * - `data`: the row itself cannot be stored. Another attempt would fail as well.
 */
export type PostgresErrorKind = 'away' | 'retry' | 'data' | 'unknown'

const BY_STATE: Record<string, PostgresErrorKind> = {
  '40001': 'retry', // serialization_failure
  '40P01': 'retry', // deadlock_detected
  '25P03': 'away', // idle_in_transaction_session_timeout: the process was asleep
  '55P03': 'away', // lock_not_available
  '57014': 'away', // query_canceled: statement_timeout
  '57P01': 'away', // admin_shutdown
  '57P02': 'away', // crash_shutdown
  '57P03': 'away', // cannot_connect_now: starting up
  '57P04': 'away', // database_dropped
  '57P05': 'away', // idle_session_timeout
  '54000': 'data', // program_limit_exceeded: an index entry too large
  '54001': 'data', // statement_too_complex: JSON nested deeper than the stack allows
  '58030': 'away', // io_error
}

const BY_CLASS: Record<string, PostgresErrorKind> = {
  '08': 'away', // connection exception
  '22': 'data', // data exception
  '23': 'data', // integrity constraint violation
  '28': 'away', // invalid authorization: the password was changed under us
  '3D': 'away', // the database does not exist (yet)
  '42': 'away', // a table or column is missing: a migration is still to run
  '53': 'away', // insufficient resources: disk full, too many connections
}

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** Messages of pg's errors that have no code. */
const CONNECTION_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|connection timeout|client has encountered a connection error|server closed the connection|not queryable/i

export function postgresErrorKind(error: unknown): PostgresErrorKind {
  if (!(error instanceof Error)) return 'unknown'
  if (error instanceof PoolBusyError) return 'away'
  if (isWrongServer(error)) return 'retry'
  if (error instanceof AggregateError && error.errors.length > 0) return postgresErrorKind(error.errors[0])
  const { code, syscall } = error as { code?: unknown; syscall?: unknown }
  if (typeof code === 'string') {
    // A missing socket file means a missing server. Any other missing file is something else.
    if (NETWORK_CODES.has(code) || (code === 'ENOENT' && syscall === 'connect')) return 'away'
    if (/^[0-9A-Z]{5}$/.test(code)) return BY_STATE[code] ?? BY_CLASS[code.slice(0, 2)] ?? 'unknown'
  }
  return CONNECTION_MESSAGES.test(error.message) || isTlsProblem(error) ? 'away' : 'unknown'
}

/** True when the database cannot be used now, through no fault of the request. */
export function isDatabaseAway(error: unknown): boolean {
  const kind = postgresErrorKind(error)
  return kind === 'away' || kind === 'retry'
}

/** Whether Postgres ended the statement because it took longer than its pool allows. */
export function tookTooLong(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === '57014'
}

/** Errors about logins, databases, rights and tables, which last until somebody mends them. */
const INCURABLE_CLASSES = new Set(['28', '3D', '42'])
/** PgBouncer uses one code for all its own errors, so these are known by their message. */
const REFUSED_BY_POOLER = /authentication failed|no such (?:user|database)|unsupported startup parameter/i

/** Whether a step of the start may succeed later although nobody does anything but start Postgres. */
export function canWaitingCure(error: unknown): boolean {
  if (!(error instanceof Error) || !isDatabaseAway(error) || isTlsProblem(error)) return false
  const { code } = error as { code?: unknown }
  if (code === '08P01') return !REFUSED_BY_POOLER.test(error.message)
  return typeof code !== 'string' || code.length !== 5 || !INCURABLE_CLASSES.has(code.slice(0, 2))
}
