import type { Issue } from './params.ts'

/** What is sent back: always JSON, already written. */
export interface Answer {
  status: number
  body: string
  headers?: Record<string, string>
}

/** A refusal that ends a request; the pipeline turns it into an error in Seam's shape. */
export class Refusal extends Error {
  readonly status: number
  readonly type: string
  readonly validationErrors: Record<string, unknown> | undefined

  constructor(status: number, type: string, message: string, validationErrors?: Record<string, unknown>) {
    super(message)
    this.status = status
    this.type = type
    this.validationErrors = validationErrors
  }
}

/** `{"<key>": value, "ok": true}` (contract, section 4). */
export function success(key: string, value: unknown): Answer {
  return { status: 200, body: JSON.stringify({ [key]: value, ok: true }) }
}

/** `{"error": {"type", "message", "request_id", "validation_errors"?}, "ok": false}` (contract, section 5.1). */
export function failure(refusal: Refusal, requestId: string): Answer {
  const error = {
    type: refusal.type,
    message: refusal.message,
    ...(refusal.validationErrors && { validation_errors: refusal.validationErrors }),
    request_id: requestId,
  }
  return { status: refusal.status, body: JSON.stringify({ error, ok: false }) }
}

/** 400 `invalid_input`, worded as Seam words it (contract, section 5.1). */
export function invalidInput(issues: readonly Issue[]): Refusal {
  const messages = issues.map(({ param, message }) => (param ? `${message} for "${param}"` : message))
  const message =
    messages.length === 1 ? messages[0] : `${messages.length} Input Errors: ${messages.join(', ')}`
  const tree = {
    _errors: issues.filter(({ param }) => param === undefined).map((issue) => issue.message),
    ...Object.fromEntries(
      issues.flatMap(({ param, message: text }) => (param ? [[param, { _errors: [text] }]] : [])),
    ),
  }
  return new Refusal(400, 'invalid_input', message ?? 'Invalid input', tree)
}
