import type { ErrorRequestHandler } from 'express'
import type { Logger } from 'pino'
import { errorBody, REQUEST_ID_HEADER } from './error-body.ts'
import { isAbortedRequest } from './read-body.ts'
import { sendJson } from './send-json.ts'
import { toApiError, type TranslateError } from './to-api-error.ts'

/**
 * The one place that turns an error into a response. Has four parameters because that is how Express knows an error
 * handler. What the log keeps of the error is decided where the logger is made (observability/create-logger.ts).
 */
export function sendError(logger: Logger, translateError: TranslateError): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    if (isAbortedRequest(error) || response.destroyed) {
      response.destroy()
      return
    }
    const reqId = String(response.getHeader(REQUEST_ID_HEADER))
    const apiError = toApiError(error, translateError)
    if (apiError.status >= 500) {
      const level = apiError.status === 503 ? 'warn' : 'error'
      logger[level]({ reqId, err: apiError.cause ?? apiError }, `Answered ${apiError.status}`)
    }
    if (response.headersSent) {
      // Half an answer is out. Cutting the connection is the only way left to tell the caller that it's not whole.
      if (apiError.status < 500) logger.error({ reqId, err: error }, 'Failed after the headers were sent')
      response.destroy()
      return
    }
    for (const [name, value] of Object.entries(apiError.headers)) response.setHeader(name, value)
    sendJson(response, apiError.status, errorBody(apiError, reqId))
  }
}
