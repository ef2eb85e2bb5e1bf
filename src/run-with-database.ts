import type { Config } from './config/config.ts'
import { createLogger } from './observability/create-logger.ts'
import { openLogDestination } from './observability/open-log-destination.ts'
import { COMMAND_WAIT_MS, openStore } from './open-store.ts'
import { Releasers } from './releasers.ts'
import type { Db } from './store/open-database.ts'

/** For commands: opens the configured database with its schema brought up to date, does the work, and closes it. */
export async function runWithDatabase<Result>(
  config: Config,
  work: (db: Db, applied: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const releasers = new Releasers()
  // What a command prints is its answer; the log goes to stderr.
  const logger = createLogger('warn', openLogDestination(2))
  try {
    const store = await openStore(config, logger, releasers, { leaveRunning: true, waitMs: COMMAND_WAIT_MS })
    return await work(store.open('jobs'), store.applied)
  } finally {
    await releasers.release()
  }
}
