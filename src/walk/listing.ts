import { MICROS_PER_MS, type Micros } from '../domain/instant.ts'

export interface PageItem {
  eventId: string
  createdAt: Micros
}

export interface Page {
  /** The items whose id and creation time could be read, in the order shown. */
  items: readonly PageItem[]
  /** How many items the answer held in all; offsets count them. */
  listedCount: number
  /** Upstream's clock when it was asked, minus the settle time; null when its clock is unknown: then nothing is proven. */
  horizon: Micros | null
}

/** What was listed so far for the window being read, over all offsets. */
export interface Listing {
  offset: number
  /** Each event once. */
  items: readonly PageItem[]
  /** Creation times of the items that were shown again. */
  repeats: readonly Micros[]
  horizon: Micros | null
  stalledPages: number
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

/** A listing with one more page. */
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
    // The earliest horizon of all pages of a listing holds for the whole of it.
    horizon: isFirst ? page.horizon : earlier(listing.horizon, page.horizon),
    stalledPages: fresh.length > 0 ? 0 : listing.stalledPages + 1,
    rereads: listing.rereads,
  }
}

/** In which direction a listing runs, millisecond by millisecond; null when it shows one only, or no direction. */
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

/** Creation times of the oldest and the newest of some items; there must be one. */
export function spanOf(items: readonly PageItem[]): { oldest: Micros; newest: Micros } {
  let oldest = items[0]?.createdAt ?? 0n
  let newest = oldest
  for (const { createdAt } of items) {
    if (createdAt < oldest) oldest = createdAt
    if (createdAt > newest) newest = createdAt
  }
  return { oldest, newest }
}

/** The beginning of the millisecond that an instant lies in. */
export function startOfMilli(instant: Micros): Micros {
  const inMilli = instant % MICROS_PER_MS
  return instant - inMilli - (inMilli < 0n ? MICROS_PER_MS : 0n)
}

function earlier(a: Micros | null, b: Micros | null): Micros | null {
  if (a === null || b === null) return null
  return a < b ? a : b
}
