/** The limits on streams (I12). */
export interface StreamLimits {
  /** How many streams one caller may have open; 429 after that. */
  perCaller: number
  /** The same for all callers together; 503 after that. The rest of the connections is left for webhooks and queries. */
  all: number
  /** How many streams are compressed at the same time; further ones go out as they are. Each takes 0.3 MB. */
  compressed: number
  /** How often the caller of a stream is looked up again. A revoked key's stream ends within a minute (I10). */
  recheckMs: number
  /** How long a stream that has to end may take for its last message. */
  lastMessageMs: number
}

export const STREAM_LIMITS: StreamLimits = {
  perCaller: 100,
  all: 2_000,
  compressed: 2,
  recheckMs: 30_000,
  lastMessageMs: 1_000,
}
