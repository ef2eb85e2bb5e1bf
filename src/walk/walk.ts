import { MICROS_PER_MS, type Micros } from '../domain/instant.ts'
import { type Interval, gapsIn, intersect, subtract } from '../domain/interval.ts'
import { INSIDE, type KeptEnds, type Yardstick, learnKeptEnd, yardstickOf } from './kept-end.ts'
import {
  type Display,
  type Listing,
  NEW_LISTING,
  type Page,
  displayOf,
  extend,
  spanOf,
  startOfMilli,
} from './listing.ts'

/*
 * The coverage walk: which page of `events.list` to ask for next, and what an answer proves (I5). Pure: it knows no HTTP, no
 * database and no clock, so generated upstreams can be thrown at it (test/walk/walk.test.ts).
 *
 * What it relies on: an answer shows one contiguous run of the events in its window, taken from the newest or the oldest end,
 * or from the n-th on when an offset is given, counting every item of an answer. What it does NOT rely on:
 *   - which end that is. Newest-first is usual; a server may as well answer with the oldest, or with the newest shown in
 *     ascending order. The order of display is only a hint where to look next; which end was kept is learned from evidence:
 *     an older event that turns up later shows that the page before it had been cut at its old end.
 *   - a page's size. A short page may be a capped one, and the cap may change. Only an empty answer says "nothing more".
 *   - exclusive or inclusive bounds, milliseconds or microseconds: windows are widened by a millisecond on both sides.
 *   - display order at all: if a listing is neither ascending nor descending in time (sorted by something else), nothing is
 *     concluded from it until offsets have run into an empty answer.
 *   - the order of events within one millisecond, which may change from answer to answer: milliseconds are proven whole or not
 *     at all, and the first and the last of a page may hold events that it does not show.
 *   - that only what was asked for is shown: an item outside the window is not taken for a part of the run.
 *   - offsets: a listing that showed an item twice may have skipped another of the same millisecond, which is read again.
 * So an answer proves only the milliseconds strictly between those of its oldest and newest event, more once the kept end is
 * known, and nothing beyond the horizon: upstream's clock at the request minus the settle time (I6).
 */

/** How much a window is wider than what it is to prove, on each side: it makes up for bounds compared in milliseconds. */
const WIDEN: Micros = MICROS_PER_MS
/** Offset pages in a row that show nothing new before a listing is given up: the upstream ignores the offset. */
const MAX_STALLED_PAGES = 3
/** How often a listing that showed an item twice is read again before it is given up. */
const MAX_REREADS = 3

export interface PageRequest {
  /** Bounds as sent; both sides already widened. `before: null` asks with `since` alone. */
  after: Micros
  before: Micros | null
  offset: number
}

/** Creation times of the nearest stored events outside a gap, where there are any. */
export interface Anchors {
  below: Micros | null
  above: Micros | null
}

type Side = 'above' | 'below'

/** A piece still to prove. One that was left by a page may be settled by learning which end that page had kept. */
interface Piece {
  interval: Interval
  left: { display: Display; side: Side; horizon: Micros | null } | null
}

export interface WalkState {
  /** The last is being read. */
  readonly pieces: readonly Piece[]
  readonly listing: Listing
  /** For the first piece only. */
  readonly anchors: Anchors
  readonly kept: KeptEnds
  readonly yardsticks: readonly Yardstick[]
  /** Places given up because offsets don't work there; they stay unproven. */
  readonly stalled: number
}

export interface WalkStep {
  state: WalkState
  /** Ranges that are complete once this page's events are stored. */
  proven: Interval[]
}

const NO_ANCHORS: Anchors = { below: null, above: null }

/**
 * Begins to prove `gap`. The first page is read from anchor to anchor: one that reaches a known event outside the gap has left
 * nothing out on that side, which saves the two requests that finding the end costs otherwise.
 */
export function startWalk(gap: Interval, anchors: Anchors = NO_ANCHORS): WalkState {
  return {
    pieces: [{ interval: gap, left: null }],
    listing: NEW_LISTING,
    anchors,
    kept: {},
    yardsticks: [],
    stalled: 0,
  }
}

/** The next request, or null when the walk has ended. */
export function nextRequest(state: WalkState): PageRequest | null {
  const piece = state.pieces.at(-1)
  if (piece === undefined) return null
  const { from, to } = piece.interval
  const { below, above } = state.anchors
  return {
    after: (below !== null && below < from ? below : from) - WIDEN,
    before: to === null ? null : (above !== null && above > to ? above : to) + WIDEN,
    offset: state.listing.offset,
  }
}

/** Takes the answer to `nextRequest(state)`. What it calls proven is so once the page's events are stored. */
export function takePage(state: WalkState, answer: Page): WalkStep {
  const request = nextRequest(state)
  const piece = state.pieces.at(-1)
  if (request === null || piece === undefined)
    throw new Error('The walk has ended; there is no page to take.')

  // Items that were not asked for say nothing about the window.
  const page = { ...answer, items: answer.items.filter(({ createdAt }) => isAskedFor(request, createdAt)) }
  const listing = extend(state.listing, page)
  const learned = learnKeptEnd({ ...state, listing }, page)
  if (page.listedCount === 0) {
    if (listing.repeats.length > 0) return settle(readAgain(learned), [])
    return settle(endPiece(learned, []), clip(piece.interval, listing.horizon))
  }
  const display = displayOf(listing.items)
  if (display === null) return settle(readOn(learned), [])
  return conclude(learned, request, piece.interval, display)
}

/** A listing that runs in one direction: what it proves, and which pieces it leaves. */
function conclude(state: WalkState, request: PageRequest, interval: Interval, display: Display): WalkStep {
  const { listing } = state
  const { oldest, newest } = spanOf(listing.items)
  const kept = state.kept[display]
  const shown: Interval = {
    from: kept === 'oldest' ? interval.from : startOfMilli(oldest) + MICROS_PER_MS,
    to: kept === 'newest' ? interval.to : startOfMilli(newest),
  }
  const doubtful = [...new Set(listing.repeats.map(startOfMilli))].map((from): Interval => ({
    from,
    to: from + MICROS_PER_MS,
  }))
  const isDoubtful = (piece: Interval) => doubtful.some((milli) => intersect(piece, milli) !== null)
  const part = intersect(interval, shown)
  const sure = part === null ? [] : gapsIn(part, doubtful)
  // Nothing new is proven: the same window is read on.
  if (sure.length === 0) return settle(readOn(state), [])

  const { horizon } = listing
  const again = doubtful.flatMap((milli): Piece[] => {
    const inside = part === null ? null : intersect(part, milli)
    return inside === null ? [] : [{ interval: inside, left: null }]
  })
  const lookFirst: Side = display === 'descending' ? 'below' : 'above'
  const pieces = subtract(interval, shown)
    .map((rest): Piece & { side: Side } => {
      const side: Side = rest.from < shown.from ? 'below' : 'above'
      // Learning which end was kept settles what lies beyond the listing, not what it may have skipped.
      return { interval: rest, side, left: isDoubtful(rest) ? null : { display, side, horizon } }
    })
    // Above the horizon nothing can be proven. It is read only for its events, and only where they are shown last.
    .filter(({ interval: { from } }) => horizon === null || from < horizon || display === 'ascending')
    // The last is read first: the side where the display says that more is to be found.
    .toSorted((a, b) => Number(a.side === lookFirst) - Number(b.side === lookFirst))
  const next = endPiece(state, [...again, ...pieces])
  const canLearn = kept === undefined && horizon !== null && doubtful.length === 0
  const yardsticks = canLearn
    ? [...next.yardsticks, yardstickOf(request, listing, display, horizon)]
    : next.yardsticks
  return settle(
    { ...next, yardsticks },
    sure.flatMap((proven) => clip(proven, horizon)),
  )
}

/** Settles the pieces that are answered by what is known by now about the kept end. */
function settle(state: WalkState, proven: Interval[]): WalkStep {
  const isAnswered = ({ left }: Piece) =>
    left !== null && state.kept[left.display] === (left.side === 'above' ? 'newest' : 'oldest')
  const answered = state.pieces.filter(isAnswered)
  const current = state.pieces.at(-1)
  const isReadingAnswered = current !== undefined && isAnswered(current)
  return {
    state: {
      ...state,
      pieces: state.pieces.filter((piece) => !isAnswered(piece)),
      listing: isReadingAnswered ? NEW_LISTING : state.listing,
    },
    proven: [...proven, ...answered.flatMap(({ interval, left }) => clip(interval, left?.horizon ?? null))],
  }
}

/** Goes on in the same window at the next offset, or gives it up when the upstream keeps showing the same events. */
function readOn(state: WalkState): WalkState {
  return state.listing.stalledPages < MAX_STALLED_PAGES ? state : giveUp(state)
}

/** Reads the same window from the start, because an event was shown twice, so another may not have been shown. */
function readAgain(state: WalkState): WalkState {
  const rereads = state.listing.rereads + 1
  return rereads > MAX_REREADS ? giveUp(state) : { ...state, listing: { ...NEW_LISTING, rereads } }
}

/**
 * Offsets don't work here: some instant, usually, holds too many events to be listed. The walk goes on around what was listed,
 * and only that stays unproven.
 */
function giveUp(state: WalkState): WalkState {
  const interval = state.pieces.at(-1)?.interval
  const { oldest, newest } = spanOf(state.listing.items)
  const around =
    interval !== undefined && state.listing.items.length > 0
      ? subtract(interval, {
          from: startOfMilli(oldest) - INSIDE,
          to: startOfMilli(newest) + MICROS_PER_MS + INSIDE,
        })
      : []
  const isAround = around.some(({ from, to }) => from === interval?.from && to === interval.to)
  const pieces = isAround ? [] : around.map((piece): Piece => ({ interval: piece, left: null }))
  return { ...endPiece(state, pieces), stalled: state.stalled + 1 }
}

/** Replaces the piece being read by what is left of it. */
function endPiece(state: WalkState, pieces: Piece[]): WalkState {
  return {
    ...state,
    pieces: [...state.pieces.slice(0, -1), ...pieces],
    listing: NEW_LISTING,
    anchors: NO_ANCHORS,
  }
}

/** Bounds may be rounded outwards by a millisecond on the way, and be inclusive. */
function isAskedFor({ after, before }: PageRequest, instant: Micros): boolean {
  return instant >= after - MICROS_PER_MS && (before === null || instant <= before + MICROS_PER_MS)
}

/** What of an interval lies before the horizon. */
function clip(interval: Interval, horizon: Micros | null): Interval[] {
  const part = horizon === null ? null : intersect(interval, { from: interval.from, to: horizon })
  return part === null ? [] : [part]
}
