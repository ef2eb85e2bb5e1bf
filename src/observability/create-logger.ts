import { type DestinationStream, type Logger, pino } from 'pino'
import { openLogDestination } from './open-log-destination.ts'

/**
 * Makes the process's log, which is JSON lines. Errors are reduced to what a reader needs: driver errors hold the whole connection object,
 * HTTP client errors hold the request with its key, and neither may reach a log (I9).
 */
export function createLogger(level: string, destination: DestinationStream = openLogDestination(1)): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError, error: describeError },
    },
    destination,
  )
}

interface ErrorDescription {
  name: string
  message: string
  code?: string
  stack?: string
  cause?: ErrorDescription
}

function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { name: typeof error, message: 'not an Error' }
  const { code } = error as { code?: unknown }
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && depth < 3 && { cause: describeError(error.cause, depth + 1) }),
  }
}
