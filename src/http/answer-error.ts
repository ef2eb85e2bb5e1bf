import type { ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { isAbortedRequest } from './create-body-reader.ts'
import { errorBody, REQUEST_ID_HEADER } from './error-body.ts'
import { sendJson } from './send-json.ts'
import { toApiError, type TranslateError } from './to-api-error.ts'

export type AnswerError = (error: unknown, response: ServerResponse) => void

/**
 * The one place that turns an error into a response. What the log keeps of the error is decided where the logger is made
 * (observability/create-logger.ts).
 */
export function answerError(logger: Logger, translateError: TranslateError): AnswerError {
  return (error, response) => {
    if (isAbortedRequest(error) || response.destroyed) {
      response.destroy()
      return
    }
    const reqId = String(response.getHeader(REQUEST_ID_HEADER))
    const apiError = toApiError(error, translateError)
    if (apiError.status >= 500) {
      const level = apiError.status === 503 ? 'warn' : 'error'
      // What this service says of itself has no stack that would tell anybody anything.
      const why = apiError.cause === undefined ? { reason: apiError.message } : { err: apiError.cause }
      logger[level]({ reqId, ...why }, `Answered ${apiError.status}`)
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
