import { ApiError } from './api-error.ts'

/** Translates errors of a layer that `http` cannot import (an unreachable database, say); null for any other. */
export type TranslateError = (error: unknown) => ApiError | null

/** Seconds in `Retry-After`. Small, because the JavaScript SDKs wait as long as they are told to (contract, trap 12). */
export const RETRY_AFTER_SECONDS = 1

/** Turns whatever was thrown into an answer. An unexpected error becomes a 500 that says nothing about its cause. */
export function toApiError(error: unknown, translateError: TranslateError): ApiError {
  if (error instanceof ApiError) return error
  return (
    translateError(error) ??
    fromExpress(error) ??
    new ApiError(500, 'internal_error', 'Something went wrong on our side.', { cause: error })
  )
}

/** The service cannot do its work right now; the caller should try again. */
export function serviceUnavailable(message: string, cause?: unknown): ApiError {
  return new ApiError(503, 'service_unavailable', message, {
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
    cause,
  })
}

export function payloadTooLarge(cause?: unknown): ApiError {
  return new ApiError(413, 'payload_too_large', 'The request body is too large', { cause })
}

export function malformedJson(cause?: unknown): ApiError {
  return invalidInput('Malformed JSON body', cause)
}

/** An `invalid_input` error about the request as a whole, not about one parameter. */
export function invalidInput(message: string, cause?: unknown): ApiError {
  return new ApiError(400, 'invalid_input', message, { validationErrors: { _errors: [message] }, cause })
}

export function unsupportedMediaType(message: string, cause?: unknown): ApiError {
  return new ApiError(415, 'unsupported_media_type', message, { cause })
}

/** Translates errors of Express's router, which carry a status: a path that cannot be decoded. */
function fromExpress(error: unknown): ApiError | null {
  if (!(error instanceof Error)) return null
  const { status } = error as { status?: unknown }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ApiError(400, 'bad_request', 'The request could not be read', { cause: error })
  }
  return null
}
