import { constants } from 'node:os'
import { Command } from 'commander'
import { parseConfig } from '../config/parse-config.ts'
import { stopOnSignal } from '../runtime/stop-on-signal.ts'
import { COMMAND_WAIT_MS } from '../app/limits.ts'
import { openStore } from '../app/open-store.ts'
import { Releasers } from '../runtime/releasers.ts'
import { addJsonOption } from './add-json-option.ts'
import type { Context, Environment } from './context.ts'
import { sentenceLogger } from './sentence-logger.ts'

/** `seam-mirror migrate`: brings the schema up to date. */
export function migrateCommand({ environment, answer, say }: Context): Command {
  return addJsonOption(new Command('migrate'))
    .description('bring the database schema up to date')
    .action(async ({ json }: { json: boolean }) => {
      const applied = await migrateConfigured(environment, say)
      answer({ isJson: json, document: { applied }, lines: applied })
      say(applied.length === 0 ? 'The schema is current.' : 'The schema was brought up to date.')
    })
}

/** Starts the embedded database if it is not running, and leaves a running one alone. A signal undoes what has begun. */
async function migrateConfigured(environment: Environment, say: (line: string) => void): Promise<string[]> {
  const stopping = new AbortController()
  const releasers = new Releasers()
  const config = parseConfig(environment)
  const opened = openStore(config, sentenceLogger(say), releasers, {
    leaveRunning: true,
    waitMs: COMMAND_WAIT_MS,
    signal: stopping.signal,
  })
  stopOnSignal(async (signal) => {
    process.exitCode = 128 + constants.signals[signal]
    stopping.abort()
    await opened.catch(() => null)
    await releasers.release()
  })
  try {
    return (await opened).applied
  } finally {
    await releasers.release()
  }
}
