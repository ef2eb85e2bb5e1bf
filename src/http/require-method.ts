import type { IncomingMessage } from 'node:http'
import { ApiError } from './api-error.ts'

/** Throws 405 with `Allow` unless the request's method is one of these. HEAD is allowed wherever GET is. */
export function requireMethod(request: IncomingMessage, methods: readonly string[]): void {
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  if (allowed.includes(request.method ?? '')) return
  throw new ApiError(405, 'method_not_allowed', 'Method not allowed', {
    headers: { allow: allowed.join(', ') },
  })
}
