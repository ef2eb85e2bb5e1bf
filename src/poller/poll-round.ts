import type { BackfillSince } from '../domain/backfill-since.ts'
import { MICROS_PER_SECOND, type Micros } from '../domain/instant.ts'
import { gapsIn } from '../domain/interval.ts'
import { readNearestEvents } from '../store/events/read-nearest-events.ts'
import { readCoverage } from '../store/coverage/read-coverage.ts'
import { trimCoverage } from '../store/coverage/trim-coverage.ts'
import { type Tally, type WalkTools, walkOnePage } from './walk-gap.ts'
import { type WalkState, nextRequest, startWalk } from '../walk/walk.ts'

/** The live walk reaches back at most this far. Unproven time below it is a gap like any other, and is walked after it. */
const MAX_LIVE_SPAN: Micros = 3600n * MICROS_PER_SECOND

/** When Seam's clock was overestimated by more than this, the live edge is walked again from its true place. */
const MAX_CLOCK_OVERESTIMATE: Micros = 60n * MICROS_PER_SECOND

interface Gap {
  from: Micros
  to: Micros
}

/** The walk of a gap that the next tick interrupted. The next round continues it. */
export interface Backfill {
  gap: Gap
  walk: WalkState
}

export interface RoundOptions {
  since: BackfillSince
  backfill: Backfill | null
  /** How much Seam's clock was behind the database's when it was last believed; 0 when it was not behind. */
  seamBehind: Micros
  /** Whether the last round was blind: Seam's clock could not be believed, and nothing was proven. */
  wasBlind: boolean
  /** Whether a blind round reads the gaps as well. It stores their events but proves nothing, so the gaps have to be read again. */
  readsGapsWhenBlind: boolean
  /** Returns true once the schedule has fired again. The round then ends, because the live edge is more urgent than older gaps. */
  isDue: () => boolean
  tally: Tally
}

export interface RoundResult {
  /** The walk that was interrupted; null when there is none. */
  backfill: Backfill | null
  /** Everything is proven up to the start of the round. */
  isComplete: boolean
  /** Nothing is left to prove below the checkpoint. */
  isGapless: boolean
  /** No answer at the live edge had a clock that can be believed. */
  isBlind: boolean
  /** How many pages were read for gaps. */
  gapPages: number
  /** The new end of coverage if some of it was taken back, else null. */
  trimmedTo: Micros | null
}

/**
 * Does one round. It first reads the live edge, from the checkpoint on. Then it reads the gaps, newest first, page by page until the next
 * round is due. It reads at least one page of the gaps, so that a slow upstream cannot keep them waiting for ever.
 */
export async function pollRound(tools: WalkTools, options: RoundOptions): Promise<RoundResult> {
  const { tally, since, isDue, readsGapsWhenBlind } = options
  // This estimate only decides where to look. What is proven depends on the clocks at each page.
  const now = () => tally.clock?.askedAt ?? tools.held.databaseNow() - options.seamBehind
  const expected = now()
  let live = await walkLiveEdge(tools, expected, options)
  // Seam's clock was overestimated, which is usual in a first run. The walk began too late to prove anything.
  if (live.horizon !== null && now() < expected - MAX_CLOCK_OVERESTIMATE)
    live = await walkLiveEdge(tools, now(), options)
  const { horizon, trimmedTo } = live
  const isBlind = horizon === null

  let { backfill } = options
  let triedDownTo: Micros | null = null
  let isInherited = backfill !== null
  const livePages = tally.pages
  while ((!isDue() || tally.pages === livePages) && !tools.signal.aborted) {
    if (isBlind && !readsGapsWhenBlind) break
    backfill ??= await nextGap(tools, since, now(), triedDownTo)
    if (backfill === null) break
    const walk = await walkOnePage(tools, backfill.walk, tally)
    if (nextRequest(walk) !== null) {
      backfill = { gap: backfill.gap, walk }
    } else {
      // What the walk could not prove (see WalkState.stalled) is left to a later round, so this round goes on below it. A walk that was
      // inherited does not know newer gaps, so after it the search begins at the newest gap again.
      triedDownTo = isInherited ? null : backfill.gap.from
      isInherited = false
      backfill = null
    }
  }
  const gaps = await findGaps(tools, since, now())
  const checkpoint = (await readCoverage(tools.db, tools.workspaceId)).at(-1)?.to ?? null
  // One second of difference is allowed, because the Date header counts whole seconds.
  const isLive = horizon !== null && checkpoint !== null && checkpoint + MICROS_PER_SECOND >= horizon
  const isGapless = gaps.length === 0
  const gapPages = tally.pages - livePages
  return { backfill, isComplete: isLive && isGapless, isGapless, isBlind, gapPages, trimmedTo }
}

/**
 * Walks everything after the checkpoint. When events after the checkpoint are stored already, a page most likely reaches down to the
 * checkpoint. So the walk gets the last event before the checkpoint as its anchor, and one request is enough (see startWalk).
 *
 * Returns the horizon at the first answer, up to which everything should be proven now. It is null when the clocks cannot be believed.
 */
async function walkLiveEdge(
  tools: WalkTools,
  now: Micros,
  { tally, wasBlind }: RoundOptions,
): Promise<{ horizon: Micros | null; trimmedTo: Micros | null }> {
  const { db, workspaceId } = tools
  const checkpoint = (await readCoverage(db, workspaceId)).at(-1)?.to ?? null
  const from = liveEdgeFrom(checkpoint, horizonAt(now, tools), wasBlind)
  const { below, above } = await readNearestEvents(db, workspaceId, from, from)
  let walk = startWalk({ from, to: null }, { below: above === null ? null : below, above: null })
  let firstAskedAt: Micros | null = null
  /** The latest reading of either clock during the walk. */
  let latest: Micros | null = null
  while (nextRequest(walk) !== null && !tools.signal.aborted) {
    walk = await walkOnePage(tools, walk, tally)
    const { askedAt = null, seamAtMost = null } = tally.clock ?? {}
    firstAskedAt ??= askedAt
    for (const at of [seamAtMost, tally.databaseNow]) if (at !== null) latest = greater(latest ?? at, at)
  }
  const isCoverageAhead = checkpoint !== null && latest !== null && horizonAt(latest, tools) < checkpoint
  const askedAt = tally.clock?.askedAt ?? null
  const trimmedTo = isCoverageAhead && askedAt !== null ? await trimToHorizon(tools, askedAt) : null
  return { horizon: firstAskedAt === null ? null : horizonAt(firstAskedAt, tools), trimmedTo }
}

/**
 * Where the live walk begins: at the checkpoint, but at most an hour below the horizon. When the checkpoint lies beyond the horizon, one of
 * the clocks may be right that coverage is ahead, so up to an hour below the checkpoint is read again. Without a
 * checkpoint it begins at the horizon, or an hour below it after a blind round, because nobody knows how far the blind round came.
 */
function liveEdgeFrom(checkpoint: Micros | null, horizon: Micros, wasBlind: boolean): Micros {
  const furthest = horizon - MAX_LIVE_SPAN
  if (checkpoint === null) return wasBlind ? furthest : horizon
  return checkpoint > horizon ? greater(horizon, checkpoint - MAX_LIVE_SPAN) : greater(checkpoint, furthest)
}

/**
 * Takes coverage back to the horizon. It is called only when both clocks say that coverage has passed the horizon. One clock is not
 * enough: a clock that is behind for one answer, or for a day, must not cost what is proven.
 */
async function trimToHorizon(tools: WalkTools, askedAt: Micros): Promise<Micros> {
  return tools.db.transaction().execute(async (trx) => {
    await tools.held.fence(trx)
    return trimCoverage(trx, tools.workspaceId, horizonAt(askedAt, tools))
  })
}

async function nextGap(
  tools: WalkTools,
  since: BackfillSince,
  now: Micros,
  before: Micros | null,
): Promise<Backfill | null> {
  const gap = (await findGaps(tools, since, now)).find(({ to }) => before === null || to <= before)
  if (gap === undefined) return null
  return { gap, walk: startWalk(gap, await readNearestEvents(tools.db, tools.workspaceId, gap.from, gap.to)) }
}

/** The unproven ranges below the checkpoint, newest first. */
async function findGaps(tools: WalkTools, since: BackfillSince, now: Micros): Promise<Gap[]> {
  const covered = await readCoverage(tools.db, tools.workspaceId)
  const start = since.kind === 'instant' ? since.at : now - since.duration
  // After a long outage, "30 days ago" may lie above the old coverage. The time between the two is a gap as well.
  const from = covered[0] !== undefined && covered[0].from < start ? covered[0].from : start
  const to = covered.at(-1)?.to ?? horizonAt(now, tools)
  if (to <= from) return []
  return gapsIn({ from, to }, covered)
    .map((gap): Gap => ({ from: gap.from, to: gap.to ?? to }))
    .toReversed()
}

function horizonAt(now: Micros, { settleSeconds }: WalkTools): Micros {
  return now - BigInt(settleSeconds) * MICROS_PER_SECOND
}

function greater(a: Micros, b: Micros): Micros {
  return a > b ? a : b
}
