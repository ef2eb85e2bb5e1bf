import type { CallerAccess } from '../../src/http/caller-access.ts'
import { createHttpApp } from '../../src/http/create-http-app.ts'
import type { Route } from '../../src/http/route.ts'
import { type HttpLimits, type HttpServer, startHttpServer } from '../../src/http/start-http-server.ts'
import type { TranslateError } from '../../src/http/to-api-error.ts'
import { createLogger } from '../../src/observability/create-logger.ts'

export interface Served extends HttpServer {
  /** Every log line so far, parsed. */
  logs: Record<string, unknown>[]
}

/** A real server on a free port of the loopback interface, with its log in memory. */
export async function serve(
  routes: readonly Route[],
  options: {
    access?: CallerAccess
    translateError?: TranslateError
    limits?: Partial<HttpLimits>
    corsOrigins?: string[]
  } = {},
): Promise<Served> {
  const logs: Record<string, unknown>[] = []
  const logger = createLogger('debug', {
    write: (line) => void logs.push(JSON.parse(line) as Record<string, unknown>),
  })
  const { limits, ...rest } = options
  const app = createHttpApp({ logger, routes, ...rest })
  const server = await startHttpServer({ app, host: '127.0.0.1', port: 0, ...(limits && { limits }) })
  return { ...server, logs }
}

/** The body of an answer that is not a success. */
export interface ErrorAnswer {
  error: {
    type: string
    message: string
    request_id: string
    validation_errors?: { _errors: string[] } & Record<string, unknown>
  }
  ok: false
}

export async function errorOf(response: Response): Promise<ErrorAnswer['error']> {
  return ((await response.json()) as ErrorAnswer).error
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/
