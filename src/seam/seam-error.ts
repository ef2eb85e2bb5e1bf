/**
 * Why a call to Seam failed.
 *
 * - `credentials`: Seam refused them with 401 or 404 `api_key_not_found` (contract, trap 9). Asking again soon is pointless.
 * - `busy`: 429 or 503. `retryAfterMs` is set when the answer said how long to wait.
 * - `unavailable`: another 5xx, no answer, or an answer that was cut off or too slow.
 * - `too_large`: the answer has more bytes than are read.
 * - `bad_answer`: a 2xx or 3xx that is not what the API promises (HTML, broken JSON, no list in it).
 * - `rejected`: another 4xx. The API refuses what we asked for.
 */
export type SeamErrorKind = 'credentials' | 'busy' | 'unavailable' | 'too_large' | 'bad_answer' | 'rejected'

/** A failed call to Seam. Its message never has credentials or the answer's body in it, so it may be logged and shown. */
export class SeamError extends Error {
  override readonly name = 'SeamError'
  readonly kind: SeamErrorKind
  readonly retryAfterMs: number | null
  /** Whether a smaller request may succeed. True for a time-out, a gateway's error, and an answer that was cut off or too large. */
  readonly mayBeTooMuch: boolean
  /** Whether the connection was closed or reset before the whole answer had come. Unlike a time-out, that takes no time. */
  readonly wasCutOff: boolean
  /** Seam says that what was asked for by its id does not exist (`device_not_found`). */
  readonly isNotFound: boolean

  constructor(
    kind: SeamErrorKind,
    message: string,
    extra: {
      retryAfterMs?: number | null
      mayBeTooMuch?: boolean
      wasCutOff?: boolean
      isNotFound?: boolean
      cause?: unknown
    } = {},
  ) {
    super(message, { cause: extra.cause })
    this.kind = kind
    this.retryAfterMs = extra.retryAfterMs ?? null
    this.mayBeTooMuch = extra.mayBeTooMuch ?? false
    this.wasCutOff = extra.wasCutOff ?? false
    this.isNotFound = extra.isNotFound ?? false
  }
}
