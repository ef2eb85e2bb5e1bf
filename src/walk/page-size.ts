/** 500 is Seam's default (contract 6.3). */
export const MAX_PAGE_LIMIT = 500
/** The longest wait, in full pages of half its size, before a size that keeps failing is tried again. */
const MOST_PAGES_BEFORE_RETRY = 256

/** The number of events to ask for at once. It adapts to failures. All jobs that ask the same upstream share one. */
export interface PageSize {
  limit(): number
  /** Notes a failure that a smaller page may avoid (SeamError.mayBeTooMuch). Returns false when the size is 1 already. */
  shrink(): boolean
  /** Notes that a page arrived, and how many events it had. */
  grow(listed: number): void
}

/**
 * Every failure halves the size, down to 1. Every full page doubles it, up to 500, so a failure that had another reason costs little. A
 * size that fails again and again is tried less and less often: after 1, 2, 4, … up to 256 full pages of half its size. A page that is not
 * full changes nothing, because a larger limit would have given the same page.
 */
export function createPageSize(): PageSize {
  let limit = MAX_PAGE_LIMIT
  let failedAt: number | null = null
  /** The size that failed last, and how many full pages of half its size must arrive before it is tried again. */
  let suspect: { limit: number; patience: number } | null = null
  /** Full pages since the size last changed. */
  let pages = 0

  function learn(failed: number): void {
    const patience = suspect?.limit === failed ? Math.min(suspect.patience * 2, MOST_PAGES_BEFORE_RETRY) : 1
    // A page of one event cannot have failed because of its size.
    suspect = failed > 1 ? { limit: failed, patience } : null
    failedAt = null
    pages = 0
  }

  return {
    limit: () => limit,
    shrink: () => {
      failedAt = limit
      limit = Math.max(1, Math.floor(limit / 2))
      return limit < failedAt
    },
    grow: (listed) => {
      if (failedAt !== null) learn(failedAt)
      if (listed < limit) return
      if (suspect !== null && limit >= suspect.limit) suspect = null
      pages += 1
      const next = Math.min(limit * 2, MAX_PAGE_LIMIT)
      if (suspect !== null && next >= suspect.limit && pages < suspect.patience) return
      limit = next
      pages = 0
    },
  }
}
