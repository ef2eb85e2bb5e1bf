import { MICROS_PER_MS, type Micros } from '../domain/instant.ts'
import { type Display, type Listing, type Page, spanOf } from './listing.ts'

/** Which end of a window its pages are taken from; `unknowable` after evidence for both. */
export type KeptEnd = 'newest' | 'oldest' | 'unknowable'

/** What has been learned about pages shown in each order. */
export type KeptEnds = Readonly<Partial<Record<Display, KeptEnd>>>

/** Evidence must lie this far inside a window, whatever the precision and inclusivity of its bounds. */
export const INSIDE: Micros = 2n * MICROS_PER_MS

/** A page whose kept end is not known yet, kept as a yardstick for what turns up later. */
export interface Yardstick {
  display: Display
  eventIds: ReadonlySet<string>
  after: Micros
  before: Micros | null
  oldest: Micros
  newest: Micros
  horizon: Micros
}

/**
 * Compares a page with those whose kept end is unknown. An event that was in such a page's window, old enough to have been
 * visible then, and not on the page, tells on which side the page was cut.
 */
export function learnKeptEnd<State extends { kept: KeptEnds; yardsticks: readonly Yardstick[] }>(
  state: State,
  page: Page,
): State {
  const kept: Partial<Record<Display, KeptEnd>> = { ...state.kept }
  for (const past of state.yardsticks) {
    for (const { eventId, createdAt } of page.items) {
      if (past.eventIds.has(eventId) || createdAt >= past.horizon) continue
      const end = endKeptBy(past, createdAt)
      if (end === null) continue
      const before = kept[past.display]
      kept[past.display] = before === undefined || before === end ? end : 'unknowable'
    }
  }
  return { ...state, kept, yardsticks: state.yardsticks.filter(({ display }) => kept[display] === undefined) }
}

function endKeptBy(past: Yardstick, createdAt: Micros): KeptEnd | null {
  if (createdAt < past.oldest && createdAt > past.after + INSIDE) return 'newest'
  if (createdAt > past.newest && (past.before === null || createdAt < past.before - INSIDE)) return 'oldest'
  return null
}

/** A page to compare later ones with. */
export function yardstickOf(
  { after, before }: { after: Micros; before: Micros | null },
  { items }: Listing,
  display: Display,
  horizon: Micros,
): Yardstick {
  return {
    display,
    eventIds: new Set(items.map(({ eventId }) => eventId)),
    after,
    before,
    ...spanOf(items),
    horizon,
  }
}
