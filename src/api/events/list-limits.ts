/** How many events an answer has when the caller sets no limit (contract, 6.1). */
export const DEFAULT_LIMIT = 500
/** Most events in one answer. A larger `limit` is no error but gives a shorter page, as the contract allows (6.3). */
export const MAX_LIMIT = 1000
/**
 * Limit on a page's events together, before secrets are put back; one event alone may have more. A longer page ends sooner, with a cursor
 * that goes on. A thousand ordinary events have 1 MB. Eight callers that read such pages at a time took 360 MB; with 16 MiB they took 490.
 */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024
/** Largest `unstable_offset`: Postgres reads everything that it skips. Deeper readers move `between` instead. */
export const MAX_UNSTABLE_OFFSET = 100_000
