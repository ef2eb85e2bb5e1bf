import type { Trait } from '../trait.ts'

const HOUR_MS = 3_600_000

/** Traits about the meaning of `events.list`, and about the clock that stamps events. */
export const LISTING_TRAITS: readonly Trait[] = [
  {
    name: 'lists-oldest-first',
    threatens: 'I5',
    chance: 0.2,
    faults: { order: 'oldest-first' },
    excludes: ['keeps-oldest'],
  },
  { name: 'keeps-oldest', threatens: 'I5', chance: 0.15, faults: { keeps: 'oldest' } },
  {
    name: 'keeps-newest-shown-ascending',
    threatens: 'I5',
    chance: 0.1,
    faults: { keeps: 'newest', order: 'oldest-first' },
    excludes: ['keeps-oldest', 'lists-oldest-first'],
  },
  { name: 'inclusive-bounds', threatens: 'I5', chance: 0.3, faults: { inclusive: true } },
  { name: 'compares-milliseconds', threatens: 'I5', chance: 0.3, faults: { comparePrecision: 'millis' } },
  { name: 'microseconds', threatens: 'I5, I7', chance: 0.5, faults: { createdAtPrecision: 'micros' } },
  { name: 'small-pages', threatens: 'I5', chance: 0.35, faults: { pageCap: 90 } },
  {
    name: 'shuffled-instants',
    threatens: 'I5',
    chance: 0.15,
    faults: { shuffleWithinInstant: true },
    // An instant of several pages that comes in another order each time cannot be listed, so it rightly stays unproven.
    excludes: ['instant-of-many', 'huge-events', 'webhooks.burst'],
  },
  { name: 'instant-of-many', threatens: 'I5', chance: 0.25 },
  {
    name: 'clock-ahead',
    threatens: 'I6',
    chance: 0.2,
    faults: { clockOffsetMs: HOUR_MS },
    // Events beyond the horizon become provable only when the clock has reached them. A listing that keeps its oldest does not show them before.
    excludes: ['keeps-oldest'],
  },
  {
    name: 'clock-behind',
    threatens: 'I6',
    chance: 0.25,
    faults: { clockOffsetMs: -HOUR_MS },
    // When Seam's stamping clock is behind, only its Date shows that. A wrong Date could then not be noticed.
    excludes: [
      'clock-ahead',
      'date-an-hour-ahead',
      ...['a-minute-ahead', 'an-hour-ahead', 'jumps', 'drifts', 'swings'].map(
        (name) => `clocks.date-${name}`,
      ),
    ],
  },
  {
    name: 'date-an-hour-ahead',
    threatens: 'E1, I6',
    chance: 0.15,
    faults: { dateHeader: (serverMs) => new Date(serverMs + HOUR_MS).toUTCString() },
    // Otherwise both clocks would be ahead of the one that stamps.
    excludes: ['clock-ahead'],
  },
]
