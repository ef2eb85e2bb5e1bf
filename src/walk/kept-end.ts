import { MICROS_PER_MS, type Micros } from '../domain/instant.ts'
import { type Display, type Listing, type Page, spanOf } from './listing.ts'

/** The end of a window from which the server takes its pages. `unknowable`: pages have shown evidence for both ends. */
export type KeptEnd = 'newest' | 'oldest' | 'unknowable'

/** The kept end that was learned for each order of display. */
export type KeptEnds = Readonly<Partial<Record<Display, KeptEnd>>>

/** An event counts as evidence only when it lies this far inside the window, because bounds may be rounded and may be inclusive or not. */
export const INSIDE_MARGIN: Micros = 2n * MICROS_PER_MS

/** A page whose kept end is not known yet. Later pages are compared with it. */
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
 * Learns kept ends by comparing a new page with the yardsticks. When the new page shows an event that a yardstick's window included, that
 * was old enough to be visible then, and that the yardstick did not show, then the yardstick was cut on that event's side.
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
  if (createdAt < past.oldest && createdAt > past.after + INSIDE_MARGIN) return 'newest'
  if (createdAt > past.newest && (past.before === null || createdAt < past.before - INSIDE_MARGIN))
    return 'oldest'
  return null
}

/** Makes a yardstick of a listing that was read for the window from `after` to `before`. */
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
