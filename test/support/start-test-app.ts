import { type App, startApp } from '../../src/app/app.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { createLogger } from '../../src/observability/create-logger.ts'
import { WEBHOOK_SECRET } from './sign-delivery.ts'

export const MIRROR_API_KEY = 'seam_mirror1_a_key_for_the_tests_only'

/** Never due in the lifetime of a test: a poller with this schedule runs only when told to (`app.pollers[0]?.pollNow()`). */
export const NEVER = '0 0 0 29 2 *'

export interface TestApp extends App {
  /** Every log line so far, parsed. */
  logs: Record<string, unknown>[]
  /** The same as text, to look for what must not be in it. */
  logText(): string
}

/**
 * The whole service on a database, with a free port of the loopback interface and its log (all levels) in memory. It has a
 * webhook secret, an API key for reading and no credentials, so nothing is polled, and it copies no names; `environment` changes that, and an empty
 * text there takes a variable away. The caller stops it.
 */
export async function startTestApp(
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestApp> {
  const lines: string[] = []
  const logger = createLogger('trace', { write: (line) => void lines.push(line) })
  const config = parseConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
    SEAM_MIRROR_API_KEY: MIRROR_API_KEY,
    SEAM_MIRROR_POLL_SCHEDULE: NEVER,
    SEAM_MIRROR_BACKFILL_SINCE: '1h',
    SEAM_MIRROR_NAMES_SCHEDULE: 'off',
    ...environment,
  })
  const app = await startApp(config, logger)
  return {
    ...app,
    get logs() {
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    },
    logText: () => lines.join(''),
  }
}
