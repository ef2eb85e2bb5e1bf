import type { Logger } from 'pino'
import type { Config } from './config/config.ts'
import { sleep } from './observability/sleep.ts'
import type { Releasers } from './releasers.ts'
import { startEmbeddedPostgres } from './store/embedded-postgres.ts'
import { migrateWhenReachable } from './store/migrate-when-reachable.ts'
import { type Db, openDatabase } from './store/open-database.ts'

/** What the service allows itself towards the database (I12). */
export const DATABASE_LIMITS = {
  connections: 10,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 10_000,
  /** How long a start waits for a database that can't be reached. */
  waitMs: 60_000,
} as const

/**
 * Opens the configured database, or an embedded one, with the schema brought up to date. With `leaveRunning`, an embedded one
 * that runs already (under a service) is used and left alone. The signal ends the wait for a database that is away.
 */
export async function openStore(
  config: Config,
  logger: Logger,
  releasers: Releasers,
  { leaveRunning = false, signal }: { leaveRunning?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<{ db: Db; applied: string[] }> {
  let connectionString = config.databaseUrl
  if (connectionString === null) {
    const embedded = await startEmbeddedPostgres({ dir: config.dataDir, leaveRunning })
    releasers.add(() => embedded.stop())
    logger.info({ dataDir: embedded.dataDir }, 'using an embedded Postgres')
    connectionString = embedded.url
  }
  const db = openDatabase({
    connectionString,
    maxConnections: DATABASE_LIMITS.connections,
    connectTimeoutMs: DATABASE_LIMITS.connectTimeoutMs,
    statementTimeoutMs: DATABASE_LIMITS.statementTimeoutMs,
    onIdleError: (error) => logger.warn({ error }, 'an idle database connection broke'),
  })
  releasers.add(() => db.destroy())
  const { applied } = await migrateWhenReachable(db, {
    waitMs: DATABASE_LIMITS.waitMs,
    sleep,
    onWait: (error) => logger.warn({ error }, 'waiting for the database'),
    signal,
  })
  if (applied.length > 0) logger.info({ applied }, 'the schema was migrated')
  return { db, applied }
}
