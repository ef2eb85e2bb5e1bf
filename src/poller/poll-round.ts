import type { BackfillSince } from '../domain/backfill-since.ts'
import { MICROS_PER_SECOND, type Micros } from '../domain/instant.ts'
import { gapsIn } from '../domain/interval.ts'
import { nearestEvents } from '../store/events/nearest-events.ts'
import { readCoverage } from '../store/coverage/read-coverage.ts'
import { trimCoverage } from '../store/coverage/trim-coverage.ts'
import { type Tally, type WalkTools, walkOnePage } from './walk-gap.ts'
import { type WalkState, nextRequest, startWalk } from '../walk/walk.ts'

/** How far the live walk reaches back at most; what is missing below it is a gap like any other, walked after it. */
const LIVE_SPAN: Micros = 3600n * MICROS_PER_SECOND

/** When Seam's clock turns out to be this much behind what it was taken for, the live edge is walked again from where it really is. */
const CLOCK_NEWS: Micros = 60n * MICROS_PER_SECOND

interface Gap {
  from: Micros
  to: Micros
}

/** A gap's walk that the next tick interrupted; it goes on where it was. */
export interface Backfill {
  gap: Gap
  walk: WalkState
}

export interface RoundOptions {
  since: BackfillSince
  backfill: Backfill | null
  /** How much Seam's clock was behind the database's when it was last believed; 0 when it was not behind. */
  seamBehind: Micros
  /** In the last round Seam's clock could not be believed, and nothing was proven. */
  wasBlind: boolean
  /** Whether older time may be read while Seam's clock can't be believed, which proves nothing: it has to be read again. */
  mayReadInVain: boolean
  /** True once the schedule has fired again: the live edge goes before older gaps. */
  isDue: () => boolean
  tally: Tally
}

export interface RoundResult {
  /** The walk that was interrupted. */
  backfill: Backfill | null
  /** Everything is proven up to the round's beginning. */
  isComplete: boolean
  /** Nothing is left to prove below the checkpoint. */
  isGapless: boolean
  /** No answer at the live edge came with a clock that can be believed. */
  isBlind: boolean
  /** Pages that older time took. */
  gapPages: number
  /** Where coverage was taken back to. */
  trimmedTo: Micros | null
}

/**
 * One round. It first reads the live edge, from the checkpoint on, and then older gaps and the backfill, newest first, page by page until
 * the next round is due. It reads at least one page of the gaps, so that a slow upstream can't keep them waiting for ever.
 */
export async function pollRound(tools: WalkTools, options: RoundOptions): Promise<RoundResult> {
  const { tally, since, isDue, mayReadInVain } = options
  // It only chooses where to look. What is proven comes from the clocks at each page.
  const now = () => tally.clock?.askedAt ?? tools.held.databaseNow() - options.seamBehind
  const expected = now()
  let live = await walkLiveEdge(tools, expected, options)
  // Seam's clock is behind what it was taken for, as at a first run: that was too high to prove anything.
  if (live.horizon !== null && now() < expected - CLOCK_NEWS) live = await walkLiveEdge(tools, now(), options)
  const { horizon, trimmedTo } = live
  const isBlind = horizon === null

  let { backfill } = options
  let triedDownTo: Micros | null = null
  let isInherited = backfill !== null
  const livePages = tally.pages
  while ((!isDue() || tally.pages === livePages) && !tools.signal.aborted) {
    if (isBlind && !mayReadInVain) break
    backfill ??= await nextGap(tools, since, now(), triedDownTo)
    if (backfill === null) break
    const walk = await walkOnePage(tools, backfill.walk, tally)
    if (nextRequest(walk) !== null) {
      backfill = { gap: backfill.gap, walk }
    } else {
      // What a walk could not prove (see WalkState.stalled) is tried again in a later round, not for ever in this one. The
      // walk that an earlier round left knew nothing of gaps since then.
      triedDownTo = isInherited ? null : backfill.gap.from
      isInherited = false
      backfill = null
    }
  }
  const gaps = await findGaps(tools, since, now())
  const checkpoint = (await readCoverage(tools.db, tools.workspaceId)).at(-1)?.to ?? null
  // A second is what the clock's reading is worth.
  const isLive = horizon !== null && checkpoint !== null && checkpoint + MICROS_PER_SECOND >= horizon
  const isGapless = gaps.length === 0
  const gapPages = tally.pages - livePages
  return { backfill, isComplete: isLive && isGapless, isGapless, isBlind, gapPages, trimmedTo }
}

/**
 * Everything after the checkpoint. When events after it are already stored, a page will most likely reach down to them: it is
 * read from the last event before the checkpoint on, so that one request suffices (see startWalk).
 *
 * Returns the horizon at the first answer, up to which everything should be proven now; null when the clocks can't be believed.
 */
async function walkLiveEdge(
  tools: WalkTools,
  now: Micros,
  { tally, wasBlind }: RoundOptions,
): Promise<{ horizon: Micros | null; trimmedTo: Micros | null }> {
  const { db, workspaceId } = tools
  const checkpoint = (await readCoverage(db, workspaceId)).at(-1)?.to ?? null
  const from = liveEdgeFrom(checkpoint, horizonAt(now, tools), wasBlind)
  const { below, above } = await nearestEvents(db, workspaceId, from, from)
  let walk = startWalk({ from, to: null }, { below: above === null ? null : below, above: null })
  let firstAskedAt: Micros | null = null
  /** The latest that either clock has said in the walk. */
  let latest: Micros | null = null
  while (nextRequest(walk) !== null && !tools.signal.aborted) {
    walk = await walkOnePage(tools, walk, tally)
    const { askedAt = null, seamAtMost = null } = tally.clock ?? {}
    firstAskedAt ??= askedAt
    for (const at of [seamAtMost, tally.databaseNow]) if (at !== null) latest = greater(latest ?? at, at)
  }
  const isPassed = checkpoint !== null && latest !== null && horizonAt(latest, tools) < checkpoint
  const askedAt = tally.clock?.askedAt ?? null
  const trimmedTo = isPassed && askedAt !== null ? await takeBack(tools, askedAt) : null
  return { horizon: firstAskedAt === null ? null : horizonAt(firstAskedAt, tools), trimmedTo }
}

/**
 * Coverage that passes the horizon by one of the clocks is read again for a while: that clock may be the right one. Where nothing is proven,
 * a blind round does not know how far the one before it came.
 */
function liveEdgeFrom(checkpoint: Micros | null, horizon: Micros, wasBlind: boolean): Micros {
  const furthest = horizon - LIVE_SPAN
  if (checkpoint === null) return wasBlind ? furthest : horizon
  return checkpoint > horizon ? greater(horizon, checkpoint - LIVE_SPAN) : greater(checkpoint, furthest)
}

/**
 * Takes back coverage when both clocks say that it has passed the horizon. One of them is no reason: a clock that is behind for an
 * answer, or for a day, must not cost what is proven.
 */
async function takeBack(tools: WalkTools, askedAt: Micros): Promise<Micros> {
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
  return { gap, walk: startWalk(gap, await nearestEvents(tools.db, tools.workspaceId, gap.from, gap.to)) }
}

/** What lies unproven below the checkpoint, newest first. */
async function findGaps(tools: WalkTools, since: BackfillSince, now: Micros): Promise<Gap[]> {
  const covered = await readCoverage(tools.db, tools.workspaceId)
  const start = since.kind === 'instant' ? since.at : now - since.duration
  // After a long outage "30 days ago" lies above the old coverage; what lies between must not be forgotten.
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
