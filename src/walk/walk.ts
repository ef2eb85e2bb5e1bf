import { MICROS_PER_MS, type Micros } from '../domain/instant.ts'
import { type Interval, gapsIn, intersect, subtract } from '../domain/interval.ts'
import { INSIDE_MARGIN, type KeptEnds, type Yardstick, learnKeptEnd, yardstickOf } from './kept-end.ts'
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
 * The coverage walk decides which page of `events.list` to ask for next, and what an answer proves (I5). It is pure: it knows no HTTP, no
 * database and no clock, so its tests can run it against generated upstreams (test/walk/walk.test.ts).
 *
 * The walk relies on one property. An answer shows one contiguous run of the events in its window. The run begins at the newest or the
 * oldest end, or `offset` items after that end, where offsets count every item that answers show, also those that are no events. The walk
 * does NOT rely on any of these:
 *   - Which end is kept. Most servers keep the newest events and show them first. A server may also keep the oldest, or keep the newest and
 *     show them in ascending order. The order of display is only a hint where to look next. Evidence decides: an older event that turns up
 *     later shows that the page before it was cut at its old end.
 *   - The size of a page. A short page may have been capped, and the cap may change. Only an empty answer says "nothing more".
 *   - The kind of bounds. They may be exclusive or inclusive, in milliseconds or microseconds, so every window is a millisecond wider on
 *     both sides.
 *   - An order by time. Nothing is concluded from a listing that neither ascends nor descends until an offset gives an empty answer.
 *   - The order within one millisecond. It may change between answers, and the first and last millisecond of a page may have more events
 *     than the page shows. So a millisecond is proven as a whole or not at all.
 *   - That an answer shows only what was asked for. An item outside of the window does not count as part of the run.
 *   - Offsets. A listing that showed an item twice may have skipped another item of the same millisecond, so that millisecond is read again.
 * So an answer proves only the milliseconds strictly between its oldest and its newest event. It proves more once the kept end is known. It
 * proves nothing beyond the horizon, which is the time of the request minus the settle time (I6).
 */

/** A window is this much wider on each side than the interval it is to prove, because a server may compare bounds in milliseconds. */
const WINDOW_MARGIN: Micros = MICROS_PER_MS
/** A listing is given up after this many pages in a row with nothing new, because the upstream seems to ignore the offset. */
const MAX_STALLED_PAGES = 3
/** A listing that showed an item twice is read again this often before it is given up. */
const MAX_REREADS = 3

export interface PageRequest {
  /** The bounds as they are sent, already widened. `before: null` asks with `since` alone. */
  after: Micros
  before: Micros | null
  offset: number
}

/** The creation times of the nearest stored events below and above a gap; null where there is none. */
export interface Anchors {
  below: Micros | null
  above: Micros | null
}

type Side = 'above' | 'below'

/** An interval that is still to be proven. When a page left it over, learning which end that page kept may prove it without a request. */
interface Piece {
  interval: Interval
  left: { display: Display; side: Side; horizon: Micros | null } | null
}

export interface WalkState {
  /** The last piece is the one being read. */
  readonly pieces: readonly Piece[]
  readonly listing: Listing
  /** They apply to the first piece only. */
  readonly anchors: Anchors
  readonly kept: KeptEnds
  readonly yardsticks: readonly Yardstick[]
  /** How many places were given up because offsets do not work there. They stay unproven. */
  readonly stalled: number
}

export interface WalkStep {
  state: WalkState
  /** The ranges that are complete once this page's events are stored. */
  proven: Interval[]
}

const NO_ANCHORS: Anchors = { below: null, above: null }

/**
 * Starts the walk that proves `gap`. The first page is read from anchor to anchor. A page that reaches a stored event outside of the gap
 * has left nothing out on that side. This saves the two requests that it otherwise takes to find the end.
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
    after: (below !== null && below < from ? below : from) - WINDOW_MARGIN,
    before: to === null ? null : (above !== null && above > to ? above : to) + WINDOW_MARGIN,
    offset: state.listing.offset,
  }
}

/** Takes the answer to `nextRequest(state)`. The proven ranges hold once the page's events are stored. */
export function takePage(state: WalkState, answer: Page): WalkStep {
  const request = nextRequest(state)
  const piece = state.pieces.at(-1)
  if (request === null || piece === undefined)
    throw new Error('The walk has ended; there is no page to take.')

  // Items outside of the window prove nothing about it.
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

/** Concludes from a listing that runs in one direction what it proves, and which pieces it leaves over. */
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
  // Nothing new is proven, so the walk reads on in the same window.
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
      // The kept end tells what lies beyond the listing. It does not tell what the listing may have skipped.
      return { interval: rest, side, left: isDoubtful(rest) ? null : { display, side, horizon } }
    })
    // Nothing above the horizon can be proven. That part is read only for its events, and only when the listing shows them last.
    .filter(({ interval: { from } }) => horizon === null || from < horizon || display === 'ascending')
    // The last piece is read first. It is the side on which the order of display promises more events.
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

/** Removes the pieces that the learned kept end answers, and adds them to what is proven. */
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

/** Reads on in the same window at the next offset. Gives the window up when the upstream keeps showing the same events. */
function readOn(state: WalkState): WalkState {
  return state.listing.stalledPages < MAX_STALLED_PAGES ? state : giveUp(state)
}

/** Reads the same window again from the start: an event was shown twice, so another one may have been skipped. */
function readAgain(state: WalkState): WalkState {
  const rereads = state.listing.rereads + 1
  return rereads > MAX_REREADS ? giveUp(state) : { ...state, listing: { ...NEW_LISTING, rereads } }
}

/**
 * Gives up a place where offsets do not work, usually because one instant has too many events to be listed. Only the listed span stays
 * unproven; the walk goes on around it.
 */
function giveUp(state: WalkState): WalkState {
  const interval = state.pieces.at(-1)?.interval
  const { oldest, newest } = spanOf(state.listing.items)
  const around =
    interval !== undefined && state.listing.items.length > 0
      ? subtract(interval, {
          from: startOfMilli(oldest) - INSIDE_MARGIN,
          to: startOfMilli(newest) + MICROS_PER_MS + INSIDE_MARGIN,
        })
      : []
  const isAround = around.some(({ from, to }) => from === interval?.from && to === interval.to)
  const pieces = isAround ? [] : around.map((piece): Piece => ({ interval: piece, left: null }))
  return { ...endPiece(state, pieces), stalled: state.stalled + 1 }
}

/** Replaces the current piece by what is left of it. */
function endPiece(state: WalkState, pieces: Piece[]): WalkState {
  return {
    ...state,
    pieces: [...state.pieces.slice(0, -1), ...pieces],
    listing: NEW_LISTING,
    anchors: NO_ANCHORS,
  }
}

/** Whether an instant lies in the window. The server may round the bounds outwards by a millisecond and may include them. */
function isAskedFor({ after, before }: PageRequest, instant: Micros): boolean {
  return instant >= after - MICROS_PER_MS && (before === null || instant <= before + MICROS_PER_MS)
}

/** The part of an interval before the horizon, if there is one. */
function clip(interval: Interval, horizon: Micros | null): Interval[] {
  const part = horizon === null ? null : intersect(interval, { from: interval.from, to: horizon })
  return part === null ? [] : [part]
}
