import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { CONNECT_TIMEOUT_MS, DATABASE_POOLS } from './limits.ts'
import { sleep } from '../runtime/sleep.ts'
import type { Releasers } from '../runtime/releasers.ts'
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts'
import { migrate } from '../postgres/migrate.ts'
import { openDatabase } from '../postgres/open-database.ts'
import type { Db } from '../store/database.ts'
import { createServerWatch } from '../postgres/server-watch.ts'
import { type DatabaseWait, whenReachable } from '../postgres/when-reachable.ts'
import { warnAboutPooler } from './warn-about-pooler.ts'

export type PoolName = keyof typeof DATABASE_POOLS

export interface StoreOptions {
  /** When true, an embedded database that already runs (under a service) is used and not stopped. */
  leaveRunning?: boolean
  /**
   * How long to wait for an unreachable database. The default is no limit, which suits a service; a command passes COMMAND_WAIT_MS. What
   * waiting cannot cure fails at once in any case. The error is one sentence with the remedy in it.
   */
  waitMs?: number
  /** Ends the wait, or a migration that is under way, which is then rolled back. */
  signal?: AbortSignal | undefined
}

export interface Store {
  /** Opens a pool for one kind of work; it is closed with everything else. */
  open(pool: PoolName): Db
  /** The migrations that this start ran. */
  applied: string[]
  /** Runs a step of the start that reads; waits when the database has gone away again. */
  whenReachable<Result>(step: () => Promise<Result>): Promise<Result>
}

/** Connects to the configured database, or starts an embedded one, and brings its schema up to date. */
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
  const serverWatch = createServerWatch(() => performance.now())
  const poolerWarnings = warnAboutPooler(logger, url, DATABASE_POOLS.jobs.statementTimeoutMs)
  const openPool = (name: PoolName) => {
    const limits = DATABASE_POOLS[name]
    return openDatabase({
      connectionString,
      maxConnections: limits.connections,
      maxWaiting: limits.waiting,
      statementTimeoutMs: limits.statementTimeoutMs,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      serverWatch,
      onIdleError: (error) => logger.warn({ error }, 'an idle database connection broke'),
      ...poolerWarnings,
    })
  }
  const wait: DatabaseWait = {
    waitMs,
    sleep,
    // A command that waits says so itself soon.
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
