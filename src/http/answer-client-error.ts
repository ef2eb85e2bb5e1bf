import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { ApiError } from './api-error.ts'
import { errorBody, JSON_CONTENT_TYPE, NO_STORE, REQUEST_ID_HEADER } from './error-body.ts'

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** Answers bytes that Node could not parse as a request: sends an error in the usual shape and ends the connection. */
export function answerClientError(error: Error, socket: Duplex): void {
  const apiError = fromParser((error as { code?: string }).code)
  const requestId = randomUUID()
  const body = errorBody(apiError, requestId)
  socket.end(
    [
      `HTTP/1.1 ${apiError.status} ${REASONS[apiError.status]}`,
      'connection: close',
      `content-type: ${JSON_CONTENT_TYPE}`,
      `cache-control: ${NO_STORE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `${REQUEST_ID_HEADER}: ${requestId}`,
      '',
      body,
    ].join('\r\n'),
  )
}

function fromParser(code: string | undefined): ApiError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ApiError(
      431,
      'request_header_fields_too_large',
      'The headers or the URL are too large; use POST',
    )
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ApiError(408, 'request_timeout', 'The request took too long to arrive')
  }
  return new ApiError(400, 'bad_request', 'The request is not valid HTTP')
}
