import type { ApiError } from './api-error.ts'

/** Begins with exactly `application/json`, because SDKs ignore an error's body under any other content type (contract, 2). */
export const JSON_CONTENT_TYPE = 'application/json; charset=utf-8'
/** `cache-control` of every answer with a body: an answer holds what one caller may see, or what is wrong at this moment. */
export const NO_STORE = 'no-store'
export const REQUEST_ID_HEADER = 'seam-request-id'

/** The body of every answer that is not a success, as JSON text (contract, 5.1). */
export function errorBody(error: ApiError, requestId: string): string {
  return JSON.stringify({
    error: {
      type: error.type,
      message: error.message,
      request_id: requestId,
      ...(error.validationErrors && { validation_errors: error.validationErrors }),
    },
    ok: false,
  })
}
