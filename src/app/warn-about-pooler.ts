import type { Logger } from 'pino'
import { parse } from 'pg-connection-string'
import type { PoolOptions } from '../postgres/open-pool.ts'

export const LOSSY_COMMITS =
  'behind the connection pooler commits are answered before they are on disk (synchronous_commit is off): ' +
  'a crash of Postgres can lose webhooks that were answered 2xx'

/** Logs once, for all pools of a store, what a connection pooler keeps from being set and how to set it for the role. */
export function warnAboutPooler(
  logger: Logger,
  connectionString: string,
  statementTimeoutMs: number,
): Pick<PoolOptions, 'onRefusedSettings' | 'onLossyCommits'> {
  const told = new Set<string>()
  const warnOnce = (remedy: string, message: string) => {
    if (!told.has(message)) logger.warn({ remedy }, message)
    told.add(message)
  }
  return {
    onRefusedSettings: () =>
      warnOnce(
        timeoutsForRole(connectionString, statementTimeoutMs),
        'the connection pooler takes no timeouts: set them for the role',
      ),
    onLossyCommits: () => warnOnce(durableCommitsForRole(connectionString), LOSSY_COMMITS),
  }
}

/** The statement that makes commits wait for the disk. A role's setting counts before its database's. */
export function durableCommitsForRole(connectionString: string): string {
  return `alter role ${roleIn(connectionString)} set synchronous_commit = on`
}

/** The statement that sets the timeouts which a pooler refused to pass on. Migrations lift the limit for themselves. */
function timeoutsForRole(connectionString: string, timeoutMs: number): string {
  const role = roleIn(connectionString)
  return `alter role ${role} set statement_timeout = ${timeoutMs}; alter role ${role} set idle_in_transaction_session_timeout = ${timeoutMs};`
}

function roleIn(connectionString: string): string {
  const user = parse(connectionString).user ?? ''
  return user === '' ? '<role>' : `"${user.replaceAll('"', '""')}"`
}
