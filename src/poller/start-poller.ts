import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { onSchedule } from '../observability/on-schedule.ts'
import { MICROS_PER_MS, type Micros, microsFromMillis } from '../domain/instant.ts'
import type { NoteQuarantined } from '../ingest/ingest-batch.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { SeamError } from '../seam/seam-error.ts'
import { RETRY_POLICY, type RetryPolicy, type Waiting } from '../seam/with-retries.ts'
import { insertPollRun } from '../store/insert-poll-run.ts'
import type { Keyring } from '../secrets/keyring.ts'
import { type Lease, acquireLease, prolong, releaseLease } from '../store/leases.ts'
import type { Db } from '../store/open-database.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import { identifyWorkspace } from './identify-workspace.ts'
import { type Backfill, type BackfillSince, pollRound } from './poll-round.ts'
import { LEASE_SECONDS } from './store-page.ts'
import type { Tally } from './walk-gap.ts'

export interface PollerOptions {
  db: Db
  /** Null: secrets of events are masked and not kept. */
  keyring?: Keyring | null
  noteQuarantined?: NoteQuarantined
  client: SeamClient
  workspaces: Workspaces
  workspaceKey: string
  /** node-cron expression. */
  schedule: string
  settleSeconds: number
  backfillSince: BackfillSince
  logger: Logger
  waiting: Waiting
  retryPolicy?: RetryPolicy
}

export interface PollerStatus {
  /** When the last run that did not fail ended, by the local clock; null before the first. */
  lastSuccessAt: Date | null
  lastError: string | null
  /** Runs that failed since the last success. */
  failures: number
  /** Another process holds the lease and polls this workspace. */
  isStandby: boolean
}

export interface Poller {
  /** Runs now, or right after the run under way; resolves when that run has ended. Never rejects. */
  pollNow(): Promise<void>
  status(): PollerStatus
  /** No new run; the one under way ends after its current page. */
  stop(): Promise<void>
}

const HEARTBEAT_MS = 10_000
/** After credentials were refused, so many ticks are left out: asking at full speed would look like guessing keys. */
const TICKS_SKIPPED_AFTER_REFUSAL = 9

/**
 * Polls one workspace: at once, then whenever the schedule fires. Runs never overlap; a tick that fires during one makes it
 * turn back to the live edge instead (see pollRound). A run that fails is logged and recorded, and the next one tries again.
 */
export function startPoller(options: PollerOptions): Poller {
  const { logger } = options
  const stopping = new AbortController()
  const status: PollerStatus = { lastSuccessAt: null, lastError: null, failures: 0, isStandby: false }
  const memory: Memory = {
    holder: randomUUID(),
    lease: null,
    backfill: null,
    clock: null,
    isIdentified: false,
  }
  let due = false
  let skipTicks = 0
  let running: Promise<void> | null = null

  async function runWhileDue(): Promise<void> {
    while (due && !stopping.signal.aborted) {
      due = false
      try {
        status.isStandby = (await runOnce(options, memory, () => due, stopping.signal)) === 'standby'
        Object.assign(status, { lastError: null, failures: 0 })
        if (!status.isStandby) status.lastSuccessAt = new Date()
        skipTicks = 0
      } catch (error) {
        if (stopping.signal.aborted) return
        status.lastError = error instanceof Error ? error.message : 'unknown error'
        status.failures += 1
        if (error instanceof SeamError && error.kind === 'credentials')
          skipTicks = TICKS_SKIPPED_AFTER_REFUSAL
        logger.warn({ error, failures: status.failures }, 'a run of the poller failed')
      }
    }
  }

  function pollNow(): Promise<void> {
    due = true
    running ??= runWhileDue().finally(() => {
      running = null
    })
    return running
  }

  const task = onSchedule(options.schedule, () => {
    if (skipTicks > 0) skipTicks -= 1
    else void pollNow()
  })
  void pollNow()
  return {
    pollNow,
    status: () => ({ ...status }),
    stop: async () => {
      await task.destroy()
      stopping.abort()
      await running
      if (memory.lease !== null) {
        await releaseLease(options.db, memory.lease).catch((error: unknown) =>
          logger.warn({ error }, 'the lease could not be released; it expires by itself'),
        )
      }
    },
  }
}

/** What a poller remembers from one run to the next; all of it can be found again after a restart. */
interface Memory {
  /** This poller's name for its leases. */
  holder: string
  /** Null while another process polls. */
  lease: Lease | null
  backfill: Backfill | null
  /** Seam's clock, and the local monotonic clock at that moment: between answers, time passes on the local one. */
  clock: { askedAt: Micros; monotonicMs: number } | null
  /** Whether Seam has said which workspace the credentials are for. */
  isIdentified: boolean
}

/** One run, recorded whatever becomes of it; `standby` while another process holds the lease. */
async function runOnce(
  options: PollerOptions,
  memory: Memory,
  isDue: () => boolean,
  signal: AbortSignal,
): Promise<'done' | 'standby'> {
  const { db, workspaces, workspaceKey, logger } = options
  const startedAt = new Date()
  const tally: Tally = { ...NOTHING_DONE }
  let outcome: 'complete' | 'partial' | 'failed' | 'standby' = 'failed'
  let failure: string | null = null
  let errorKind: string | null = null
  try {
    if (!memory.isIdentified) await identify(options, memory, signal)
    outcome = (await takeLease(options, memory))
      ? await poll(options, memory, { tally, isDue, signal })
      : 'standby'
    return outcome === 'standby' ? 'standby' : 'done'
  } catch (error) {
    failure = error instanceof Error ? error.message : 'unknown error'
    errorKind = error instanceof SeamError ? error.kind : null
    throw error
  } finally {
    const { pages, eventsSeen, eventsNew, quarantined } = tally
    logger.debug({ outcome, pages, eventsSeen, eventsNew, quarantined }, 'polled')
    const workspaceId = workspaces.byKey(workspaceKey).id
    if (workspaceId !== null && outcome !== 'standby' && !signal.aborted) {
      const run = {
        startedAt,
        finishedAt: new Date(),
        outcome,
        pages,
        eventsSeen,
        eventsNew,
        error: failure,
        errorKind,
      }
      await insertPollRun(db, workspaceId, run).catch((error: unknown) =>
        logger.warn({ error }, 'a run of the poller could not be recorded'),
      )
    }
  }
}

const NOTHING_DONE: Tally = {
  pages: 0,
  eventsSeen: 0,
  eventsNew: 0,
  quarantined: 0,
  askedAt: null,
  askedAtMost: null,
}

/** False while another process polls. A lease is kept between the runs, and expires by itself when its holder is gone. */
async function takeLease({ db, workspaces, workspaceKey }: PollerOptions, memory: Memory): Promise<boolean> {
  const { id } = workspaces.byKey(workspaceKey)
  if (id === null) throw new Error('The workspace is not known.')
  memory.lease = await acquireLease(db, id, memory.holder, LEASE_SECONDS)
  // Whoever polls meanwhile moves coverage: a walk of before would not know of it.
  if (memory.lease === null) memory.backfill = null
  return memory.lease !== null
}

/** A round under the lease that `memory` holds. */
async function poll(
  options: PollerOptions,
  memory: Memory,
  { tally, isDue, signal }: { tally: Tally; isDue: () => boolean; signal: AbortSignal },
): Promise<'complete' | 'partial'> {
  const { db, client, waiting, retryPolicy = RETRY_POLICY, settleSeconds, keyring = null } = options
  const { lease, backfill } = memory
  if (lease === null) throw new Error('A run without a lease.')
  const { workspaceId } = lease
  const common = { db, keyring, client, lease, workspaceId, settleSeconds, retryPolicy, waiting, signal }
  const { noteQuarantined = () => {} } = options
  const tools = { ...common, noteQuarantined }
  // A slow upstream must not cost the lease; a process that is asleep does not get here, and loses it.
  const heartbeat = setInterval(() => {
    prolong(db, lease, LEASE_SECONDS).catch(() => {})
  }, HEARTBEAT_MS)
  // A run that fails leaves no walk behind: its pages are stored, and the next one finds from coverage what they left.
  memory.backfill = null
  try {
    const now = seamNow(memory)
    const result = await pollRound(tools, { since: options.backfillSince, now, backfill, isDue, tally })
    memory.backfill = result.backfill
    return result.isComplete ? 'complete' : 'partial'
  } finally {
    clearInterval(heartbeat)
    if (tally.askedAt !== null) memory.clock = { askedAt: tally.askedAt, monotonicMs: performance.now() }
  }
}

async function identify(options: PollerOptions, memory: Memory, signal: AbortSignal): Promise<void> {
  const { isConfirmed, askedAt } = await identifyWorkspace({ retryPolicy: RETRY_POLICY, ...options }, signal)
  if (!isConfirmed) {
    options.logger.warn(
      'Seam does not say which workspace the credentials are for; the one that is configured, or sent webhooks, is taken for it',
    )
  }
  if (askedAt !== null) memory.clock = { askedAt, monotonicMs: performance.now() }
  memory.isIdentified = true
}

function seamNow({ clock }: Memory): Micros {
  // An upstream that never sends a Date proves nothing (I6); the local clock then only serves to look somewhere.
  if (clock === null) return microsFromMillis(Date.now())
  return clock.askedAt + BigInt(Math.round(performance.now() - clock.monotonicMs)) * MICROS_PER_MS
}
