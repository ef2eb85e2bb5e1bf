import type { Logger } from 'pino'
import { parse } from 'pg-connection-string'
import type { Config } from '../config/config.ts'
import { sleep } from '../runtime/sleep.ts'
import type { Releasers } from '../runtime/releasers.ts'
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts'
import { migrate } from '../postgres/migrate.ts'
import { openDatabase } from '../postgres/open-database.ts'
import type { Db } from '../store/database.ts'
import { createServerWatch } from '../postgres/server-watch.ts'
import { type DatabaseWait, whenReachable } from '../postgres/when-reachable.ts'

interface PoolLimits {
  connections: number
  /** Callers that may wait for a connection; further ones are refused at once. */
  waiting: number
  statementTimeoutMs: number
}

/**
 * What the service allows itself towards the database (I12). Each kind of work has connections of its own: queries that are slow,
 * or many, must not keep webhooks waiting, nor must fifty workspaces' backfills. They open as they are needed: 19 at most for a
 * replica.
 */
export const DATABASE_POOLS = {
  /** Storing deliveries. */
  webhooks: { connections: 4, waiting: 100, statementTimeoutMs: 6_000 },
  /** Pollers, audits, session syncs; commands. */
  jobs: { connections: 4, waiting: 1_000, statementTimeoutMs: 10_000 },
  /** Callers wait for their turn before they come here (`QUERY_SHARES` in app.ts). */
  queries: { connections: 8, waiting: 50, statementTimeoutMs: 5_000 },
  /** Who calls: asked for all who wait at once (access/look-up-together.ts). */
  keys: { connections: 2, waiting: 20, statementTimeoutMs: 5_000 },
  /** Saying whether deliveries could be stored (`/readyz`), one question at a time. */
  health: { connections: 1, waiting: 10, statementTimeoutMs: 3_000 },
  /** An index over years of events takes its time. */
  migrations: { connections: 2, waiting: 10, statementTimeoutMs: 3_600_000 },
} as const satisfies Record<string, PoolLimits>

export type PoolName = keyof typeof DATABASE_POOLS

/** For a connection to be there, new or free. */
export const CONNECT_TIMEOUT_MS = 5_000
/** How long `migrate` waits for a database that can't be reached: a restart's length. The service waits until it is there. */
export const COMMAND_WAIT_MS = 3_000

export interface StoreOptions {
  /** An embedded database that runs already (under a service) is used and left alone. */
  leaveRunning?: boolean
  /**
   * For how long a database that can't be reached is waited for: by default until it is there, which suits a service. A command gives
   * COMMAND_WAIT_MS. What waiting can't cure fails at once in any case. The error is one sentence, with the remedy in it.
   */
  waitMs?: number
  /** Ends the wait, and a migration that is under way: it is rolled back. */
  signal?: AbortSignal | undefined
}

export interface Store {
  /** A pool of its own for one kind of work; it is closed with everything else. */
  open(pool: PoolName): Db
  /** The migrations that were run now. */
  applied: string[]
  /** For what a start reads: waits for a database that has gone away again. */
  whenReachable<Result>(step: () => Promise<Result>): Promise<Result>
}

/** Finds the configured database, or starts an embedded one, and brings its schema up to date. */
export async function openStore(
  config: Config,
  logger: Logger,
  releasers: Releasers,
  { leaveRunning = false, waitMs = Infinity, signal }: StoreOptions = {},
): Promise<Store> {
  let url = config.databaseUrl
  if (url === null) {
    const embedded = await startEmbeddedPostgres({ dir: config.dataDir, leaveRunning, signal })
    releasers.add(() => embedded.stop())
    logger.info({ dataDir: embedded.dataDir }, 'using an embedded Postgres')
    url = embedded.url
  }
  const connectionString = url
  let isPoolerTold = false
  const serverWatch = createServerWatch(() => performance.now())
  const openPool = (name: PoolName) => {
    const limits: PoolLimits = DATABASE_POOLS[name]
    return openDatabase({
      connectionString,
      maxConnections: limits.connections,
      maxWaiting: limits.waiting,
      statementTimeoutMs: limits.statementTimeoutMs,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      serverWatch,
      onIdleError: (error) => logger.warn({ error }, 'an idle database connection broke'),
      onRefusedSettings: () => {
        if (isPoolerTold) return
        isPoolerTold = true
        logger.warn(
          { remedy: timeoutsForRole(connectionString) },
          'the connection pooler takes no timeouts: set them for the role',
        )
      },
    })
  }
  const wait: DatabaseWait = {
    waitMs,
    sleep,
    // A command soon says so itself.
    onWait: (reason, pauseMs) =>
      logger[waitMs === Infinity ? 'warn' : 'debug']({ reason, pauseMs }, 'waiting for the database'),
    signal,
  }
  const db = openPool('migrations')
  const cutOff = () => db.cutOff()
  signal?.addEventListener('abort', cutOff)
  try {
    const { applied } = await whenReachable(() => migrate(db), wait)
    if (applied.length > 0) logger.info({ applied }, 'the schema was migrated')
    return {
      applied,
      whenReachable: (step) => whenReachable(step, wait),
      open: (name) => {
        const opened = openPool(name)
        releasers.add(() => opened.destroy())
        return opened
      },
    }
  } finally {
    signal?.removeEventListener('abort', cutOff)
    await db.destroy()
  }
}

/** What a pooler that refuses settings leaves undone. Migrations lift the limit for themselves. */
function timeoutsForRole(connectionString: string): string {
  const user = parse(connectionString).user ?? ''
  const role = user === '' ? '<role>' : `"${user.replaceAll('"', '""')}"`
  const { statementTimeoutMs } = DATABASE_POOLS.jobs
  return `alter role ${role} set statement_timeout = ${statementTimeoutMs}; alter role ${role} set idle_in_transaction_session_timeout = ${statementTimeoutMs};`
}
