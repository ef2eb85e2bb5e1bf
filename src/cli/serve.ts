import { setImmediate } from 'node:timers/promises'
import { type App, startApp } from '../app/app.ts'
import { ConfigError } from '../config/config.ts'
import { parseConfig } from '../config/parse-config.ts'
import { createLogger } from '../observability/create-logger.ts'
import { openLogDestination } from '../observability/open-log-destination.ts'
import { stopOnSignal } from '../runtime/stop-on-signal.ts'

/** How long the end of the process waits for the last lines of the log. */
const LOG_FLUSH_MS = 1_000

/** Runs the service from the environment until SIGTERM or SIGINT. Sets the exit code; problems of the configuration go to stderr. */
export async function serve(environment: Readonly<Record<string, string | undefined>>): Promise<void> {
  const stopping = new AbortController()
  try {
    const config = parseConfig(environment)
    const log = openLogDestination(1)
    const logger = createLogger(config.logLevel, log)
    let starting: Promise<App> | null = null
    stopOnSignal(async (signal) => {
      logger.info({ signal }, 'stopping')
      stopping.abort()
      const app = await starting?.catch(() => null)
      await app?.stop()
      logger.info('stopped')
      const lost = await log.flush(LOG_FLUSH_MS)
      if (lost > 0) openLogDestination(2).write(`${lost} lines of the log could not be written.\n`)
    })
    // Lets a signal that came while the modules were loading be delivered before anything is started.
    await setImmediate()
    if (stopping.signal.aborted) return
    starting = startApp(config, logger, stopping.signal)
    await starting
  } catch (error) {
    // A start that a signal interrupted has not failed.
    if (stopping.signal.aborted) return
    const text = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${text}\n`)
    if (!(error instanceof ConfigError) && error instanceof Error && error.cause instanceof Error) {
      process.stderr.write(`Cause: ${error.cause.message}\n`)
    }
    process.exitCode = 1
  }
}
