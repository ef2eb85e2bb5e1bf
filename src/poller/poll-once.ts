import type { Clock } from '../runtime/on-schedule.ts'
import { formatInstant } from '../domain/instant.ts'
import { SeamError } from '../seam/seam-error.ts'
import { RETRY_POLICY } from '../seam/with-retries.ts'
import { insertPollRun } from '../store/runs/insert-poll-run.ts'
import { acquireLease, prolongLease } from '../store/coverage/leases.ts'
import { LEASE_SECONDS, type HeldLease, holdLease } from './held-lease.ts'
import { identifyWorkspace } from '../workspaces/identify-workspace.ts'
import { type RoundResult, pollRound } from './poll-round.ts'
import type { PollerMemory } from './poller-memory.ts'
import type { PollerOptions } from './poller-options.ts'
import type { Tally } from './walk-gap.ts'

const HEARTBEAT_MS = 10_000
/** A run that got no page for this long stops prolonging its lease, because another replica may still reach Seam. */
const HEARTBEATS_WITHOUT_PAGE_MS = 60_000
/** While Seam's clock cannot be believed, the gaps are read again this often, to find events that no webhook brought. */
export const BLIND_GAP_READ_EVERY_MS = 3_600_000

type Options = PollerOptions & { clock: Clock }

/** Does one run and records it, whatever its outcome. Returns `standby` while another process holds the lease. */
export async function pollOnce(
  options: Options,
  memory: PollerMemory,
  isDue: () => boolean,
  signal: AbortSignal,
): Promise<'done' | 'standby'> {
  const { workspaces, workspaceKey, clock } = options
  const startedAtMs = clock.monotonicMs()
  const tally: Tally = { ...NOTHING_DONE }
  let outcome: 'complete' | 'partial' | 'failed' | 'standby' = 'failed'
  let failure: unknown = null
  try {
    if (!memory.isIdentified) await identify(options, memory, signal)
    outcome = (await takeLease(options, memory))
      ? await poll(options, memory, { tally, isDue, signal })
      : 'standby'
    return outcome === 'standby' ? 'standby' : 'done'
  } catch (error) {
    failure = error
    throw error
  } finally {
    const { pages, eventsSeen, eventsNew, quarantined } = tally
    options.logger.debug({ outcome, pages, eventsSeen, eventsNew, quarantined }, 'polled')
    if (isNothingUsable(tally)) options.logger.warn({ eventsSeen, quarantined }, NOTHING_USABLE)
    const workspaceId = workspaces.byKey(workspaceKey).id
    if (workspaceId !== null && outcome !== 'standby' && !signal.aborted) {
      const tookMs = clock.monotonicMs() - startedAtMs
      await record(options, workspaceId, { outcome, tookMs, tally, failure })
    }
  }
}

const NOTHING_DONE: Tally = {
  pages: 0,
  eventsSeen: 0,
  eventsNew: 0,
  quarantined: 0,
  clock: null,
  databaseNow: null,
}

/** A run with fewer items is not judged, because one unusable item in a quiet hour says nothing about the others. */
const FEWEST_TO_JUDGE_BY = 2
const NOTHING_USABLE = 'every item that was read went to quarantine: see seam-mirror quarantine list'

/** Whether all items went to quarantine. Such a run is no success: Seam or the database may have changed so that no event fits any more. */
function isNothingUsable({ eventsSeen, quarantined }: Tally): boolean {
  return eventsSeen >= FEWEST_TO_JUDGE_BY && quarantined >= eventsSeen
}

function unusableNote(tally: Tally): string | null {
  return isNothingUsable(tally) ? NOTHING_USABLE : null
}

async function record(
  { db, logger }: Options,
  workspaceId: string,
  run: { outcome: 'complete' | 'partial' | 'failed'; tookMs: number; tally: Tally; failure: unknown },
): Promise<void> {
  const { outcome, tookMs, tally, failure } = run
  await insertPollRun(db, workspaceId, {
    outcome,
    tookMs,
    ...tally,
    error:
      failure === null ? unusableNote(tally) : failure instanceof Error ? failure.message : 'unknown error',
    errorKind: failure instanceof SeamError ? failure.kind : null,
  }).catch((error: unknown) => logger.warn({ error }, 'a run of the poller could not be recorded'))
}

/** Takes or keeps the lease. Returns false while another process holds it. A lease is kept between runs, and expires when its holder is gone. */
async function takeLease(options: Options, memory: PollerMemory): Promise<boolean> {
  const { db, workspaces, workspaceKey, clock } = options
  const { id } = workspaces.byKey(workspaceKey)
  if (id === null) throw new Error('The workspace is not known.')
  const { holder, held } = memory
  const taken = await acquireLease(db, id, holder, LEASE_SECONDS)
  if (taken !== null && taken.lease.token === held?.lease.token) {
    held.renew(taken.now)
    return true
  }
  // Another holder may have moved coverage meanwhile. The interrupted walk does not know that, so it is dropped.
  memory.backfill = null
  memory.held = taken && holdLease(taken.lease, taken.now, clock.monotonicMs)
  return taken !== null
}

/** Does one round under the lease that `memory` holds. */
async function poll(
  options: Options,
  memory: PollerMemory,
  { tally, isDue, signal }: { tally: Tally; isDue: () => boolean; signal: AbortSignal },
): Promise<'complete' | 'partial'> {
  const { held, backfill, seamBehind } = memory
  if (held === null) throw new Error('The poller began a round without holding the lease.')
  const { workspaceId } = held.lease
  const stopHeartbeat = startHeartbeat(options, held, tally)
  // A run that fails leaves no walk behind. Its pages are stored, and the next run finds the remaining gaps in coverage.
  memory.backfill = null
  try {
    const result = await pollRound(
      {
        noteQuarantined: () => {},
        retryPolicy: RETRY_POLICY,
        ...options,
        held,
        workspaceId,
        signal,
      },
      {
        since: options.backfillSince,
        backfill,
        seamBehind,
        wasBlind: memory.blindRuns > 0,
        readsGapsWhenBlind: backfill !== null || isBlindGapReadDue(options.clock, memory),
        isDue,
        tally,
      },
    )
    memory.backfill = result.backfill
    remember(options, memory, result, tally)
    return result.isComplete && !isNothingUsable(tally) ? 'complete' : 'partial'
  } finally {
    stopHeartbeat()
    noteClock(options, memory, tally)
  }
}

/** Prolongs the lease while the run goes on, so that a slow upstream does not cost it. A process that is asleep loses the lease. */
function startHeartbeat({ db, clock }: Options, { lease }: HeldLease, tally: Tally): () => void {
  let last = { pages: tally.pages, atMs: clock.monotonicMs() }
  const timer = setInterval(() => {
    const now = clock.monotonicMs()
    if (tally.pages !== last.pages) last = { pages: tally.pages, atMs: now }
    if (now - last.atMs < HEARTBEATS_WITHOUT_PAGE_MS) prolongLease(db, lease, LEASE_SECONDS).catch(() => {})
  }, HEARTBEAT_MS)
  return () => clearInterval(timer)
}

function isBlindGapReadDue({ monotonicMs }: Clock, { gapsReadBlindAtMs }: PollerMemory): boolean {
  return gapsReadBlindAtMs === null || monotonicMs() - gapsReadBlindAtMs >= BLIND_GAP_READ_EVERY_MS
}

/** Keeps what the next run needs to know about a round, and logs what a person wants to know. */
function remember({ logger, clock }: Options, memory: PollerMemory, result: RoundResult, tally: Tally): void {
  memory.blindRuns = result.isBlind ? memory.blindRuns + 1 : 0
  if (!result.isBlind) memory.gapsReadBlindAtMs = null
  else if (result.gapPages > 0 && result.backfill === null) memory.gapsReadBlindAtMs = clock.monotonicMs()
  if (result.trimmedTo !== null) {
    logger.warn(
      { coveredTo: formatInstant(result.trimmedTo) },
      "Seam's and the database's clocks were both ahead: coverage was taken back, and that time is read again",
    )
  }
  if (result.gapPages > 0) {
    const { pages, eventsNew } = memory.backfilled ?? { pages: 0, eventsNew: 0 }
    memory.backfilled = { pages: pages + result.gapPages, eventsNew: eventsNew + tally.eventsNew }
  }
  if (memory.backfilled !== null && result.isGapless) {
    logger.info(memory.backfilled, 'backfill finished')
    memory.backfilled = null
  }
}

/** Logs each change in how Seam's clock is judged, once. */
function noteClock({ logger }: Options, memory: PollerMemory, { clock }: Tally): void {
  if (clock === null) return
  const { state, aheadSeconds, askedAt, seamBehind } = clock
  if (askedAt !== null) memory.seamBehind = seamBehind
  const before = memory.clockState
  memory.clockState = state
  if (state === before) return
  if (askedAt === null || state === 'apart') logger.warn({ clock: state, aheadSeconds }, MEANING[state])
  else if (before !== null) logger.info({ clock: state }, MEANING[state])
}

const MEANING = {
  agree: "Seam's clock and the database's agree again",
  apart:
    "Seam's clock and the database's are more than a minute apart: coverage follows the one that is behind",
  missing: "Seam's answers have no Date header: nothing can be proven complete, and polling is slowed down",
  unreadable:
    "Seam's answers have a Date header that is no date: nothing can be proven complete, and polling is slowed down",
  implausible:
    "Seam's clock and the database's are more than a day apart: nothing can be proven complete, and polling is slowed down",
} as const

async function identify(options: Options, memory: PollerMemory, signal: AbortSignal): Promise<void> {
  const { isConfirmed } = await identifyWorkspace({ retryPolicy: RETRY_POLICY, ...options }, signal)
  if (!isConfirmed) {
    options.logger.warn(
      'Seam does not say which workspace the credentials are for: the workspace that is configured, or that sent webhooks, is assumed',
    )
  }
  memory.isIdentified = true
}
