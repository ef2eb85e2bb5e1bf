import type { ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { isAbortedRequest } from './create-body-reader.ts'
import { errorBody, REQUEST_ID_HEADER } from './error-body.ts'
import { sendJson } from './send-text.ts'
import { toApiError, type TranslateError } from './to-api-error.ts'

export type AnswerError = (error: unknown, response: ServerResponse) => void

/**
 * The one place that turns an error into a response. observability/create-logger.ts decides what the log keeps of the error.
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
      // An error that this service raised on purpose is explained by its message; its stack would tell nothing more.
      const why = apiError.cause === undefined ? { reason: apiError.message } : { err: apiError.cause }
      logger[level]({ reqId, ...why }, `Answered ${apiError.status}`)
    }
    if (response.headersSent) {
      // Part of the answer is already sent. Cutting the connection is the only way left to say that it is incomplete.
      if (apiError.status < 500) logger.error({ reqId, err: error }, 'Failed after the headers were sent')
      response.destroy()
      return
    }
    for (const [name, value] of Object.entries(apiError.headers)) response.setHeader(name, value)
    sendJson(response, apiError.status, errorBody(apiError, reqId))
  }
}
