import { MICROS_PER_MS, type Micros } from '../domain/instant.ts'

export interface PageItem {
  eventId: string
  createdAt: Micros
}

export interface Page {
  /** The items whose creation time could be read, in the order shown. */
  items: readonly PageItem[]
  /** The number of all items in the answer; offsets count all of them. */
  listedCount: number
  /** The time of the request minus the settle time. Null when no clock can be believed; then the page proves nothing. */
  horizon: Micros | null
}

/** Everything that was listed so far for the current window, over all offsets. */
export interface Listing {
  offset: number
  /** Each event once, in the order shown. */
  items: readonly PageItem[]
  /** The creation times of items that were shown more than once. */
  repeats: readonly Micros[]
  /** The earliest horizon of its pages. */
  horizon: Micros | null
  /** How many of the newest pages in a row showed nothing new. */
  stalledPages: number
  /** How often this window was read again from the start. */
  rereads: number
}

export const NEW_LISTING: Listing = {
  offset: 0,
  items: [],
  repeats: [],
  horizon: null,
  stalledPages: 0,
  rereads: 0,
}

/** The order in which a listing shows its events. */
export type Display = 'descending' | 'ascending'

/** Returns the listing with one more page added. */
export function extend(listing: Listing, page: Page): Listing {
  const known = new Set(listing.items.map(({ eventId }) => eventId))
  const fresh: PageItem[] = []
  const again: PageItem[] = []
  for (const item of page.items) {
    ;(known.has(item.eventId) ? again : fresh).push(item)
    known.add(item.eventId)
  }
  const isFirst = listing.offset === 0
  return {
    offset: listing.offset + page.listedCount,
    items: [...listing.items, ...fresh],
    repeats: [...listing.repeats, ...again.map(({ createdAt }) => createdAt)],
    horizon: isFirst ? page.horizon : earlier(listing.horizon, page.horizon),
    stalledPages: fresh.length > 0 ? 0 : listing.stalledPages + 1,
    rereads: listing.rereads,
  }
}

/** The direction in which a listing runs, by milliseconds. Null when all items share one millisecond, or when it goes both ways. */
export function displayOf(items: readonly PageItem[]): Display | null {
  let falls = false
  let rises = false
  for (const [i, { createdAt }] of items.entries()) {
    const milli = startOfMilli(createdAt)
    const before = startOfMilli(items[i - 1]?.createdAt ?? createdAt)
    falls ||= milli < before
    rises ||= milli > before
  }
  if (falls === rises) return null
  return falls ? 'descending' : 'ascending'
}

/** The creation times of the oldest and the newest item; there must be at least one item. */
export function spanOf(items: readonly PageItem[]): { oldest: Micros; newest: Micros } {
  let oldest = items[0]?.createdAt ?? 0n
  let newest = oldest
  for (const { createdAt } of items) {
    if (createdAt < oldest) oldest = createdAt
    if (createdAt > newest) newest = createdAt
  }
  return { oldest, newest }
}

/** The start of the millisecond that contains an instant. */
export function startOfMilli(instant: Micros): Micros {
  const inMilli = instant % MICROS_PER_MS
  return instant - inMilli - (inMilli < 0n ? MICROS_PER_MS : 0n)
}

function earlier(a: Micros | null, b: Micros | null): Micros | null {
  if (a === null || b === null) return null
  return a < b ? a : b
}
