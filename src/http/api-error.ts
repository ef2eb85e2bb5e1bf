/** Zod's `format()` tree, as Seam's API sends it: messages about the whole input at the top, one key per parameter (contract 5.1). */
export interface ValidationErrors {
  _errors: string[]
  [parameter: string]: { _errors: string[] } | string[]
}

/**
 * An answer other than success, in Seam's shape. Code below the HTTP layer throws it; answer-error.ts alone turns it (and every
 * unexpected error) into a response.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly type: string
  readonly validationErrors: ValidationErrors | undefined
  readonly headers: Record<string, string>

  constructor(
    status: number,
    type: string,
    message: string,
    extra: { validationErrors?: ValidationErrors; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause: extra.cause })
    this.status = status
    this.type = type
    this.validationErrors = extra.validationErrors
    this.headers = extra.headers ?? {}
  }
}
