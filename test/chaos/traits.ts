import type { Faults } from '../../src/simulated-seam/start-simulated-seam.ts'

/** How Seam is for a whole round: nothing of it is promised to be otherwise. */
export interface Trait {
  name: string
  /** The rule that it puts to the test. */
  threatens: string
  /** How likely a round has it, 0 to 1. */
  chance: number
  faults?: Partial<Faults>
  /** Traits and moments that it can't be combined with; the reason stands beside it. */
  excludes?: readonly string[]
}

const HOUR_MS = 3_600_000

export const TRAITS: readonly Trait[] = [
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
  {
    name: 'compares-milliseconds',
    threatens: 'I5',
    chance: 0.3,
    faults: { comparePrecision: 'millis' },
  },
  { name: 'microseconds', threatens: 'I5, I7', chance: 0.5, faults: { createdAtPrecision: 'micros' } },
  { name: 'small-pages', threatens: 'I5', chance: 0.45, faults: { pageCap: 90 } },
  {
    name: 'shuffled-instants',
    threatens: 'I5',
    chance: 0.15,
    faults: { shuffleWithinInstant: true },
    // Nobody can list an instant of several pages that comes in another order each time: it stays unproven, rightly.
    excludes: ['instant-of-many', 'webhooks.burst'],
  },
  { name: 'instant-of-many', threatens: 'I5', chance: 0.25 },
  {
    name: 'clock-ahead',
    threatens: 'I6',
    chance: 0.25,
    // The header alone: by a clock that stamps events an hour ahead of the database's, nothing of the round would ever be settled.
    faults: { dateHeader: (at) => new Date(at + HOUR_MS).toUTCString() },
  },
  {
    name: 'clock-behind',
    threatens: 'I6',
    chance: 0.3,
    faults: { clockOffsetMs: -HOUR_MS },
    excludes: ['clock-ahead'],
  },
  { name: 'visible-late', threatens: 'I6', chance: 0.4 },
  { name: 'visible-too-late', threatens: 'I6', chance: 0.2 },
  { name: 'future-events', threatens: 'I6', chance: 0.3 },
  { name: 'unusable-events', threatens: 'I11', chance: 0.3 },
  { name: 'no-webhooks-arrive', threatens: 'I5', chance: 0.15, faults: { dropRate: 1 } },
  {
    name: 'half-of-the-webhooks-arrive',
    threatens: 'I3, I5',
    chance: 0.35,
    faults: { dropRate: 0.5 },
    excludes: ['no-webhooks-arrive'],
  },
]
