import type { Logger } from 'pino'
import { createLogger } from '../observability/create-logger.ts'

/** What parts of the service log as a warning is, beside a command, a sentence for a person. */
export function sentenceLogger(say: (line: string) => void): Logger {
  return createLogger('warn', {
    write: (line: string) => {
      const { msg, remedy } = JSON.parse(line) as { msg: string; remedy?: string }
      say(remedy === undefined ? msg : `${msg}: ${remedy}`)
    },
  })
}
