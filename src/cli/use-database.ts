import type { Config } from '../config/config.ts'
import { parseConfig } from '../config/parse-config.ts'
import { sleep } from '../runtime/sleep.ts'
import { CONNECT_TIMEOUT_MS, DATABASE_POOLS } from '../app/open-store.ts'
import { readRunningDemo } from './running-demo.ts'
import { findEmbeddedPostgres } from '../embedded-postgres/find-embedded-postgres.ts'
import { openDatabase } from '../postgres/open-database.ts'
import type { Db } from '../store/database.ts'
import { requireSchema } from '../postgres/require-schema.ts'
import { whenReachable } from '../postgres/when-reachable.ts'
import type { Environment } from './context.ts'

/**
 * Does something on the database that the service uses, and closes it. It starts nothing, changes no schema and creates no file: what
 * is missing is said in one sentence. A database that is away is not waited for, because somebody waits for the answer.
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
    // The statement that meets them says what is wrong; the service tells about a pooler.
    onIdleError: () => {},
    onRefusedSettings: () => {},
  })
  try {
    await whenReachable(() => requireSchema(db), { waitMs: 0, sleep, onWait: () => {} })
    return await work(db, config)
  } finally {
    await db.destroy()
  }
}

/** The one that is configured; else the embedded one of a service that runs here, or of the demo. */
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
    say('This is about the demo that is running.')
    return { url: demo.DATABASE_URL, config: parseConfig(demo) }
  }
  throw new Error(
    embedded.kind === 'stopped'
      ? `The embedded database in ${embedded.dir} runs while the service does, and it is not running. Start the service (npm start) and do this beside it.`
      : `There is no database: DATABASE_URL is not set, and ${embedded.dir} holds no embedded one. Set DATABASE_URL, or start the service (npm start) and do this beside it.`,
  )
}
