/**
 * Why a call to Seam brought nothing usable.
 *
 * - `credentials`: refused, 401 or 404 `api_key_not_found` (contract, trap 9). Asking again soon is pointless.
 * - `busy`: 429 or 503; `retryAfterMs` when the answer said how long to wait.
 * - `unavailable`: other 5xx, no answer, a cut or slow one.
 * - `too_large`: an answer of more bytes than are read.
 * - `bad_answer`: a 2xx that is not what the API promises (HTML, broken JSON, no list in it).
 * - `rejected`: another 4xx: we asked for something the API refuses.
 */
export type SeamErrorKind = 'credentials' | 'busy' | 'unavailable' | 'too_large' | 'bad_answer' | 'rejected'

/** Messages never hold credentials or the answer's body, so they may be logged and shown. */
export class SeamError extends Error {
  override readonly name = 'SeamError'
  readonly kind: SeamErrorKind
  readonly retryAfterMs: number | null
  /** The cause may be that too much was asked for at once: a time-out, a gateway's error, a cut or too large answer. Asking for less may work. */
  readonly mayBeTooMuch: boolean

  constructor(
    kind: SeamErrorKind,
    message: string,
    extra: { retryAfterMs?: number | null; mayBeTooMuch?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: extra.cause })
    this.kind = kind
    this.retryAfterMs = extra.retryAfterMs ?? null
    this.mayBeTooMuch = extra.mayBeTooMuch ?? false
  }
}
