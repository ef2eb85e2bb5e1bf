import type { Micros } from '../../src/domain/instant.ts'
import type { Page, PageItem } from '../../src/walk/listing.ts'
import type { PageRequest } from '../../src/walk/walk.ts'

export interface ModelEvent extends PageItem {
  /** From this instant of upstream's clock on, the event is listed. */
  visibleAt: Micros
}

export interface ModelSemantics {
  display: 'newest-first' | 'oldest-first'
  /** Which end of the window survives the cap. */
  keeps: 'newest' | 'oldest'
  inclusive: boolean
  compare: 'micros' | 'millis'
  /** Page caps, used in turn. */
  caps: readonly number[]
  ignoresOffset: boolean
  /** Events of one instant (of one millisecond, when times are compared in milliseconds) come in another order in each answer. */
  shufflesTies: boolean
}

/** Models `events.list` in a dozen lines. Everything that the walk must not rely on is an option. */
export function listPage(
  events: readonly ModelEvent[],
  semantics: ModelSemantics,
  request: PageRequest,
  clock: Micros,
  settle: Micros,
  turn: number,
): Page {
  const floor = (t: Micros) => (semantics.compare === 'millis' ? t - (((t % 1000n) + 1000n) % 1000n) : t)
  const isInside = (t: Micros, bound: Micros) => t > bound || (semantics.inclusive && t === bound)
  // A server that compares in milliseconds may sort by milliseconds as well.
  const sortKey = semantics.shufflesTies ? floor : (t: Micros) => t
  const tie = ({ eventId }: PageItem) =>
    Math.imul(hash(eventId) ^ (semantics.shufflesTies ? turn * 0x9e3779b1 : 0), 0x85ebca6b) >>> 8
  const ascending = events
    .filter(({ visibleAt, createdAt }) => {
      const t = floor(createdAt)
      return (
        visibleAt <= clock &&
        isInside(t, floor(request.after)) &&
        (request.before === null || isInside(floor(request.before), t))
      )
    })
    .toSorted((a, b) => {
      const [first, second] = [sortKey(a.createdAt), sortKey(b.createdAt)]
      return first === second ? tie(a) - tie(b) : first < second ? -1 : 1
    })
  const cap = semantics.caps[turn % semantics.caps.length] ?? 500
  const offset = semantics.ignoresOffset ? 0 : request.offset
  const fromKeptEnd = semantics.keeps === 'newest' ? ascending.toReversed() : ascending
  const run = fromKeptEnd.slice(offset, offset + cap)
  const isShownSo = (semantics.keeps === 'newest') === (semantics.display === 'newest-first')
  const items = isShownSo ? run : run.toReversed()
  return { items, listedCount: items.length, horizon: clock - settle }
}

function hash(text: string): number {
  let value = 7
  for (const char of text) value = (Math.imul(value, 31) + char.charCodeAt(0)) | 0
  return value
}
