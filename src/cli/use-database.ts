import type { Config } from '../config/config.ts'
import { parseConfig } from '../config/parse-config.ts'
import { sleep } from '../runtime/sleep.ts'
import { CONNECT_TIMEOUT_MS, DATABASE_POOLS } from '../app/limits.ts'
import { durableCommitsForRole, LOSSY_COMMITS } from '../app/warn-about-pooler.ts'
import { readRunningDemo } from './running-demo.ts'
import { findEmbeddedPostgres } from '../embedded-postgres/find-embedded-postgres.ts'
import { openDatabase } from '../postgres/open-database.ts'
import type { Db } from '../store/database.ts'
import { requireSchema } from '../postgres/require-schema.ts'
import { whenReachable } from '../postgres/when-reachable.ts'
import type { Environment } from './context.ts'

/**
 * Runs something on the service's database, then closes the connection. It starts nothing, changes no schema and creates no file; what is
 * missing is reported in one sentence. It does not wait for an unreachable database, because somebody waits for the answer.
 */
export async function useDatabase<Result>(
  environment: Environment,
  say: (line: string) => void,
  work: (db: Db, config: Config) => Promise<Result>,
): Promise<Result> {
  const { url, config } = await findDatabase(environment, say)
  const { connections, waiting, statementTimeoutMs } = DATABASE_POOLS.jobs
  const db = openDatabase({
    connectionString: url,
    maxConnections: connections,
    maxWaiting: waiting,
    statementTimeoutMs,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    // A statement that meets a broken connection reports it, and the service reports a pooler that refuses settings.
    onIdleError: () => {},
    onRefusedSettings: () => {},
    onLossyCommits: () => say(`Warning: ${LOSSY_COMMITS}. Run: ${durableCommitsForRole(url)}`),
  })
  try {
    await whenReachable(() => requireSchema(db), { waitMs: 0, sleep, onWait: () => {} })
    return await work(db, config)
  } finally {
    await db.destroy()
  }
}

/** Finds the configured database; else the embedded one of a service that runs here, or the demo's. */
async function findDatabase(
  environment: Environment,
  say: (line: string) => void,
): Promise<{ url: string; config: Config }> {
  const config = parseConfig(environment)
  if (config.databaseUrl !== null) return { url: config.databaseUrl, config }
  const embedded = await findEmbeddedPostgres(config.dataDir)
  if (embedded.kind === 'running') return { url: embedded.url, config }
  const demo = await readRunningDemo(config.dataDir)
  if (demo !== null) {
    say('This is the database of the running demo.')
    return { url: demo.DATABASE_URL, config: parseConfig(demo) }
  }
  throw new Error(
    embedded.kind === 'stopped'
      ? `The embedded database in ${embedded.dir} runs only while the service does, and it is not running now. Start the service (npm start) and run this command again.`
      : `There is no database: DATABASE_URL is not set, and ${embedded.dir} holds no embedded one. Set DATABASE_URL, or start the service (npm start) and run this command again.`,
  )
}
