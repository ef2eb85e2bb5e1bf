import type { Logger } from 'pino'
import { createLogger } from '../observability/create-logger.ts'

/** Shows a person the warnings of the service's parts as sentences while a command runs. */
export function sentenceLogger(say: (line: string) => void): Logger {
  return createLogger('warn', {
    write: (line: string) => {
      const { msg, remedy } = JSON.parse(line) as { msg: string; remedy?: string }
      say(remedy === undefined ? msg : `${msg}: ${remedy}`)
    },
  })
}
