/** 500 is Seam's default (contract 6.3). */
export const MAX_PAGE_LIMIT = 500
/** A size that keeps failing, while its half does not, is tried again after at most this many pages. */
const MOST_PAGES_BEFORE_RETRY = 256

/** How many events to ask for at once. It learns from what fails, and is shared by all who ask the same upstream. */
export interface PageSize {
  limit(): number
  /** The answer failed in a way that a smaller one may not (SeamError.mayBeTooMuch). False when there is no smaller one. */
  shrink(): boolean
  /** A page with this many events arrived. */
  grow(listed: number): void
}

/**
 * Halved by every failure, down to 1, and doubled by every full page, up to 500: a failure that had nothing to do with the size is made up for
 * at once. A size that fails each time it is tried is tried more and more seldom: after 1, 2, 4, … full pages
 * of its half. A page that is not full would have been the same with any limit: it says nothing about longer ones.
 */
export function createPageSize(): PageSize {
  let limit = MAX_PAGE_LIMIT
  let failedAt: number | null = null
  /** The size that is known to be too much, and how many pages of its half come before it is tried again. */
  let suspect: { limit: number; patience: number } | null = null
  let pages = 0

  function learn(failed: number): void {
    const patience = suspect?.limit === failed ? Math.min(suspect.patience * 2, MOST_PAGES_BEFORE_RETRY) : 1
    // A page of 1 event did not fail because of its size.
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
