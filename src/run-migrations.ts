import type { Config } from './config/config.ts'
import { createLogger } from './observability/create-logger.ts'
import { openStore } from './open-store.ts'
import { Releasers } from './releasers.ts'

/** `seam-mirror migrate`: returns the names of the migrations that ran. */
export async function runMigrations(config: Config): Promise<string[]> {
  const releasers = new Releasers()
  try {
    const { applied } = await openStore(config, createLogger('warn'), releasers)
    return applied
  } finally {
    await releasers.release()
  }
}
