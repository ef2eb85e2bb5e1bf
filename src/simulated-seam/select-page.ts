import { firstAtOrAfter } from './event-store.ts'
import type { Faults } from './faults.ts'
import type { Micros } from './instant.ts'
import type { Random } from './random.ts'
import type { StoredEvent } from './seam-event.ts'

export interface PageQuery {
  lower?: Micros | undefined
  upper?: Micros | undefined
  limit: number
  offset: number
  matches: (stored: StoredEvent) => boolean
}

/** Cuts one page out of all events, in the way that the faults demand. */
export function selectPage(
  ascending: readonly StoredEvent[],
  query: PageQuery,
  faults: Faults,
  random: Random,
): StoredEvent[] {
  const [from, to] = windowOf(ascending, query, faults)
  const newestFirst =
    faults.keeps === 'as-shown' ? faults.order === 'newest-first' : faults.keeps === 'newest'
  const walked = walk(ascending, from, to, newestFirst)
  const candidates = faults.shuffleWithinInstant ? shuffleTies(walked, precisionStep(faults), random) : walked

  const limit = Math.min(
    query.limit,
    typeof faults.pageCap === 'function' ? faults.pageCap() : faults.pageCap,
  )
  let toSkip = faults.ignoreOffset ? 0 : query.offset
  const page: StoredEvent[] = []
  for (const stored of candidates) {
    if (page.length >= limit) break
    if (!query.matches(stored)) continue
    if (toSkip > 0) toSkip--
    else page.push(stored)
  }
  const shownAsWalked = newestFirst === (faults.order === 'newest-first')
  return shownAsWalked ? page : page.toReversed()
}

/** The window's indexes: where it begins (included) and where it ends (excluded). */
function windowOf(ascending: readonly StoredEvent[], query: PageQuery, faults: Faults): [number, number] {
  const step = precisionStep(faults)
  const edge = (bound: Micros, included: boolean): number => {
    const cut = Math.floor(bound / step) * step
    return firstAtOrAfter(ascending, included ? cut : cut + step)
  }
  const from = query.lower === undefined ? 0 : edge(query.lower, faults.inclusive)
  const to = query.upper === undefined ? ascending.length : edge(query.upper, !faults.inclusive)
  return [from, to]
}

/** How many microseconds count as one instant in a comparison. */
function precisionStep(faults: Faults): number {
  return faults.comparePrecision === 'millis' ? 1000 : 1
}

function* walk(
  ascending: readonly StoredEvent[],
  from: number,
  to: number,
  newestFirst: boolean,
): Generator<StoredEvent> {
  if (newestFirst) for (let index = to - 1; index >= from; index--) yield ascending[index] as StoredEvent
  else for (let index = from; index < to; index++) yield ascending[index] as StoredEvent
}

function* shuffleTies(walked: Iterable<StoredEvent>, step: number, random: Random): Generator<StoredEvent> {
  let tied: StoredEvent[] = []
  for (const stored of walked) {
    const first = tied[0]
    if (first && Math.floor(first.createdAtMicros / step) !== Math.floor(stored.createdAtMicros / step)) {
      yield* random.shuffled(tied)
      tied = []
    }
    tied.push(stored)
  }
  yield* random.shuffled(tied)
}
