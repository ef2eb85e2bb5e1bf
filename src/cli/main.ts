import { ConfigError } from '../config/config.ts'
import { snakeCase } from '../domain/snake-case.ts'
import { explainDatabaseError, isCausedByDatabase } from '../postgres/explain-database-error.ts'
import { type Context, EXIT } from './context.ts'
import { createProgram } from './program.ts'
import { useDatabase } from './use-database.ts'

/*
 * `seam-mirror <command>`. Answers go to stdout and everything else to stderr, so that `K=$(seam-mirror keys create …)` holds only the key.
 * The process ends by itself once everything is closed, because exiting earlier could cut off an answer.
 */

const say = (line: string): void => void process.stderr.write(`${line}\n`)
// When nobody reads stderr, that is no reason to fail.
process.stderr.on('error', () => {})

/** An answer that did not arrive is a failure: nobody may have seen a new key, for example. A reader that left (`| head`) gets no message. */
function onAnswerLost(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') say(`The answer could not be written: ${error.message}.`)
  process.exitCode = EXIT.failed
}

const context: Context = {
  environment: process.env,
  useDatabase: (work) => useDatabase(process.env, say, work),
  answer: ({ isJson, document, lines }) => {
    if (process.stdout.listenerCount('error', onAnswerLost) === 0) process.stdout.on('error', onAnswerLost)
    const text = isJson ? [JSON.stringify(snakeCase(document), null, 2)] : lines
    for (const line of text) process.stdout.write(`${line}\n`)
  },
  say,
  end: (code) => void (process.exitCode = code),
}

try {
  await createProgram(context).parseAsync()
} catch (error) {
  for (const line of describeFailure(error)) say(line)
  process.exitCode = EXIT.failed
}

/** One sentence; for an unforeseen error its cause as well. */
function describeFailure(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  const { cause } = error
  if (error instanceof ConfigError || !(cause instanceof Error)) return [sentenceOf(error)]
  return [sentenceOf(error), `Cause: ${sentenceOf(cause)}`]
}

function sentenceOf(error: Error): string {
  const isOfDatabase: boolean = isCausedByDatabase(error)
  return isOfDatabase ? explainDatabaseError(error) : error.message
}
