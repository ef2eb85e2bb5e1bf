import { MICROS_PER_SECOND, type Micros } from '../domain/instant.ts'
import { gapsIn } from '../domain/interval.ts'
import { fence } from '../store/leases.ts'
import { nearestEvents } from '../store/nearest-events.ts'
import { readCoverage } from '../store/read-coverage.ts'
import { readCoverageUpdatedAt } from '../store/read-coverage-updated-at.ts'
import { trimCoverage } from '../store/trim-coverage.ts'
import { LEASE_SECONDS } from './store-page.ts'
import { type Tally, type WalkTools, walkOnePage } from './walk-gap.ts'
import { type WalkState, nextRequest, startWalk } from './walk.ts'

/** A fixed instant, or so long before now by Seam's clock. */
export type BackfillSince = { kind: 'instant'; at: Micros } | { kind: 'ago'; duration: Micros }

/** How far the live walk reaches back at most; what is missing below it is a gap like any other, walked after it. */
const LIVE_SPAN: Micros = 3600n * MICROS_PER_SECOND

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
  /** Seam's clock as known before the round; it only chooses where to look. What is proven comes from each page's `Date`. */
  now: Micros
  backfill: Backfill | null
  /** True once the schedule has fired again: the live edge goes before older gaps. */
  isDue: () => boolean
  tally: Tally
}

/**
 * One round of design 5.2: first the live edge, from the checkpoint on; then older gaps and the backfill, newest first, page
 * by page until the next round is due, but one page at least: a slow upstream must not keep it waiting for ever. Returns the
 * walk that was interrupted, and whether everything is proven up to the round's beginning.
 */
export async function pollRound(
  tools: WalkTools,
  options: RoundOptions,
): Promise<{ backfill: Backfill | null; isComplete: boolean }> {
  const { tally, since, isDue } = options
  const { horizon } = await walkLiveEdge(tools, options.now, tally)

  const clock = () => tally.askedAt ?? options.now
  let { backfill } = options
  let triedDownTo: Micros | null = null
  let isInherited = backfill !== null
  const livePages = tally.pages
  while ((!isDue() || tally.pages === livePages) && !tools.signal.aborted) {
    backfill ??= await nextGap(tools, since, clock(), triedDownTo)
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
  const gaps = await findGaps(tools, since, clock())
  const checkpoint = (await readCoverage(tools.db, tools.workspaceId)).at(-1)?.to ?? null
  // A second is what the clock's reading is worth.
  const isLive = horizon !== null && checkpoint !== null && checkpoint + MICROS_PER_SECOND >= horizon
  return { backfill, isComplete: isLive && gaps.length === 0 }
}

/**
 * Everything after the checkpoint. When events after it are already stored, a page will most likely reach down to them: it is
 * read from the last event before the checkpoint on, so that one request suffices (see startWalk).
 *
 * Returns the horizon at the first answer, up to which everything should be proven now; null without Seam's clock.
 */
async function walkLiveEdge(
  tools: WalkTools,
  now: Micros,
  tally: Tally,
): Promise<{ horizon: Micros | null }> {
  const { db, workspaceId } = tools
  const lastAddedAt = await readCoverageUpdatedAt(db, workspaceId)
  const checkpoint = (await readCoverage(db, workspaceId)).at(-1)?.to ?? null
  const horizon = horizonAt(now, tools)
  const from =
    checkpoint === null || checkpoint > horizon ? horizon : greater(checkpoint, horizon - LIVE_SPAN)
  const { below, above } = await nearestEvents(db, workspaceId, from, from)
  let walk = startWalk({ from, to: null }, { below: above === null ? null : below, above: null })
  let firstAskedAt: Micros | null = null
  while (nextRequest(walk) !== null && !tools.signal.aborted) {
    walk = await walkOnePage(tools, walk, tally)
    firstAskedAt ??= tally.askedAt
  }

  // Seam's clock was put back since coverage was last added to. Whatever was created since then may lie in covered time.
  const { askedAt, askedAtMost } = tally
  if (checkpoint !== null && lastAddedAt !== null && askedAt !== null && askedAtMost !== null) {
    if (horizonAt(askedAtMost, tools) < checkpoint) {
      await db.transaction().execute(async (trx) => {
        await fence(trx, tools.lease, LEASE_SECONDS)
        await trimCoverage(trx, workspaceId, horizonAt(askedAt, tools), lastAddedAt)
      })
    }
  }
  return { horizon: firstAskedAt === null ? null : horizonAt(firstAskedAt, tools) }
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
