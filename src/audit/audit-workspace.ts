import { randomUUID } from 'node:crypto'
import { MICROS_PER_SECOND, type Micros, formatInstant } from '../domain/instant.ts'
import type { Interval } from '../domain/interval.ts'
import type { NoteQuarantined } from '../ingest/ingest-batch.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { RETRY_POLICY, type RetryPolicy, type Waiting } from '../seam/with-retries.ts'
import type { Db } from '../store/database.ts'
import { readCoverage } from '../store/coverage/read-coverage.ts'
import { readDatabaseClock } from '../postgres/read-database-clock.ts'
import { type AuditOutcome, type AuditRun, saveAuditRun } from '../store/runs/save-audit-run.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import {
  type AuditTally,
  type AuditedRange,
  NOTHING_AUDITED,
  auditRange,
  coveredPartsOf,
} from './audit-range.ts'
import { identifyWorkspace } from '../workspaces/identify-workspace.ts'
import type { ClockState } from '../walk/judge-clocks.ts'
import type { PageSize } from '../walk/page-size.ts'
import type { BackfillSince } from '../domain/backfill-since.ts'

export interface AuditOptions {
  db: Db
  secrets: Secrets
  noteQuarantined?: NoteQuarantined
  client: SeamClient
  pageSize: PageSize
  workspaces: Workspaces
  workspaceKey: string
  settleSeconds: number
  waiting: Waiting
  retryPolicy?: RetryPolicy
}

export interface AuditRequest {
  trigger: AuditRun['trigger']
  /** Where the range begins: a fixed instant, or a duration before `until`. */
  since: BackfillSince
  /** Where the range ends, by creation time. Null: at the end of coverage, whatever any clock says. */
  until: Micros | null
}

export type AuditResult =
  /** Nothing in the range is covered, so nothing could be judged. That is no success. */
  | { kind: 'nothing_covered'; workspaceId: string }
  /** The audit ran and was recorded. */
  | { kind: 'audited'; workspaceId: string; run: AuditRun }

const UNFINISHED = 'The audit has not ended: it is running, or its process was killed.'

/**
 * Reads covered time of a workspace again, stores the missing events, and records the outcome. A failure of Seam is recorded as an outcome.
 * It throws only when nothing can be recorded, because the workspace is not known or the database cannot be reached.
 */
export async function auditWorkspace(
  options: AuditOptions,
  request: AuditRequest,
  signal: AbortSignal,
): Promise<AuditResult> {
  const { db, workspaces, workspaceKey } = options
  const startedAtMs = performance.now()
  const problem = await identify(options, signal)
  const workspaceId = workspaces.byKey(workspaceKey).id
  if (workspaceId === null) throw problem ?? new Error('The workspace is not known.')
  // The start is read from the database's clock, which all replicas share. A local clock that is ahead would make this audit stay the
  // newest one for ever.
  const startedAt = new Date(Date.parse(await readDatabaseClock(db)) - (performance.now() - startedAtMs))
  const covered = await readCoverage(db, workspaceId)
  const range = rangeOf(request, covered.at(-1)?.to ?? null)
  const parts = range === null ? [] : coveredPartsOf(range, covered)
  if (range === null || parts.length === 0) {
    if (problem !== null) throw problem
    return { kind: 'nothing_covered', workspaceId }
  }

  const about = {
    auditId: randomUUID(),
    startedAt,
    trigger: request.trigger,
    settleSeconds: options.settleSeconds,
  }
  const recordOf = (tally: AuditTally, verdict: Verdict): AuditRun => ({
    ...about,
    ...outlineOf(verdict.judged.length > 0 ? verdict.judged : parts),
    ...findingsOf(tally),
    finishedAt: new Date(startedAt.getTime() + performance.now() - startedAtMs),
    outcome: verdict.outcome,
    error: verdict.error,
  })
  const tally: AuditTally = { ...NOTHING_AUDITED }
  const tools = { noteQuarantined: () => {}, retryPolicy: RETRY_POLICY, ...options, workspaceId, signal }
  const unfinished: Verdict = { outcome: 'failed', error: UNFINISHED, judged: [] }
  const onFound: AuditedRange['onFound'] = (trx, found) =>
    saveAuditRun(trx, workspaceId, recordOf(found, unfinished))
  const verdict = await judge(problem, tally, signal, () =>
    auditRange(tools, { covered, range, tally, onFound }),
  )
  const run = recordOf(tally, verdict)
  await saveAuditRun(db, workspaceId, run)
  return { kind: 'audited', workspaceId, run }
}

const NOT_BELIEVED: Partial<Record<ClockState, string>> = {
  unreadable: "Seam's answers have a Date header that is no date, and nothing is proven without one.",
  implausible: "Seam's clock and the database's are more than a day apart, so nothing is proven.",
}
const NO_DATE = "Seam's answers have no Date header, without which nothing is proven."

interface Verdict {
  outcome: AuditOutcome
  error: string | null
  judged: readonly Interval[]
}

/** Runs the walk and gives the verdict. The outcomes `clean` and `found` need a walk that proved again all that it had to judge. */
async function judge(
  problem: Error | null,
  tally: AuditTally,
  signal: AbortSignal,
  walk: () => ReturnType<typeof auditRange>,
): Promise<Verdict> {
  try {
    if (problem !== null) throw problem
    const { judged, unproven } = await walk()
    if (signal.aborted) return incomplete('It was stopped before its end.')
    if (tally.horizon === null) return incomplete(NOT_BELIEVED[tally.clock?.state ?? 'missing'] ?? NO_DATE)
    if (judged.length === 0)
      return incomplete("By Seam's or the database's clock, none of the range is older than the settle time.")
    if (unproven.length > 0) return incomplete(placesIn(unproven), judged)
    return { outcome: tally.eventsMissing > 0 ? 'found' : 'clean', error: null, judged }
  } catch (error) {
    if (signal.aborted) return incomplete('It was stopped before its end.')
    return { outcome: 'failed', error: error instanceof Error ? error.message : 'unknown error', judged: [] }
  }
}

function incomplete(error: string, judged: readonly Interval[] = []): Verdict {
  return { outcome: 'incomplete', error, judged }
}

function placesIn(unproven: readonly Interval[]): string {
  const { from, to } = outlineOf(unproven)
  const places = unproven.length === 1 ? 'a place' : `${unproven.length} places`
  return `The walk could not prove ${places} again, between ${formatInstant(from)} and ${formatInstant(to)}.`
}

/** Returns the error because of which these credentials must not be used; null when there is none. */
async function identify(options: AuditOptions, signal: AbortSignal): Promise<Error | null> {
  return identifyWorkspace({ retryPolicy: RETRY_POLICY, ...options }, signal).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error : new Error('unknown error', { cause: error })),
  )
}

function rangeOf({ since, until }: AuditRequest, end: Micros | null): Interval | null {
  const to = until ?? end
  if (to === null) return null
  const from = since.kind === 'instant' ? since.at : to - since.duration
  return from < to ? { from, to } : null
}

function findingsOf(tally: AuditTally) {
  return {
    pages: tally.pages,
    eventsSeen: tally.eventsSeen,
    eventsMissing: tally.eventsMissing,
    missingEventIds: tally.missingEventIds,
    // Coverage ends the settle time before Seam's clock. So a missing event was not listed yet when its settle time was over.
    isSettleTimeSuspect: tally.eventsMissing > 0,
    longestDelaySeconds:
      tally.longestDelay === null ? null : Number(tally.longestDelay / MICROS_PER_SECOND) + 1,
  }
}

/** The interval from the start of the first part to the end of the last one. */
function outlineOf(parts: readonly Interval[]): { from: Micros; to: Micros } {
  const from = parts[0]?.from ?? 0n
  return { from, to: parts.at(-1)?.to ?? from }
}
