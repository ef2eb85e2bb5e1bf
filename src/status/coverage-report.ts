import type { BackfillSince } from '../domain/backfill-since.ts'
import { type Micros, MICROS_PER_SECOND, formatInstant, parseInstant } from '../domain/instant.ts'
import { gapsIn } from '../domain/interval.ts'
import type { RefusedDeliveries } from '../domain/refused-deliveries.ts'
import { type AuditRunRow, listAuditRuns } from '../store/runs/list-audit-runs.ts'
import { readCoverage } from '../store/coverage/read-coverage.ts'
import { type LeftOutCount, readLeftOutCounts } from '../store/events/read-left-out-counts.ts'
import { type PollRunRow, listPollRuns } from '../store/runs/list-poll-runs.ts'
import { type QuarantineCount, readQuarantineCounts } from '../store/quarantine/read-quarantine-counts.ts'
import { listNameSyncs, type NameSyncRecord } from '../store/names/list-name-syncs.ts'
import { listSessionSyncs, type SessionSyncRecord } from '../store/sessions/list-session-syncs.ts'
import { readRefusedDeliveries } from '../store/refusals/read-refused-deliveries.ts'
import { readSightings, type Sightings } from '../store/events/read-sightings.ts'
import type { Db } from '../store/database.ts'

/** What a report needs from the configuration. */
export interface ReportSettings {
  /** How far back the copy must reach: to a fixed instant, or for a duration before now. */
  backfillSince: BackfillSince
  hasCredentials: boolean
  hasWebhookSecret: boolean
}

export interface Range {
  from: string
  to: string
}

/** How Seam's clock was judged at the last answer; unless it is believed, nothing is proven (I6). */
export interface ClockReport {
  state: string
  isBelieved: boolean
  /** Seam's clock minus the database's; null when Seam's cannot be read. */
  aheadSeconds: number | null
}

export interface CoverageReport {
  workspaceId: string
  /** The range in which the copy is proven complete without a gap, up to its newest end; null when nothing is proven. */
  complete: Range | null
  /** The upper end of that range, where the next poll begins. */
  checkpoint: string | null
  /** The checkpoint's age; normally the settle time and a poll interval. */
  lagSeconds: number | null
  ranges: Range[]
  /** How many ranges and gaps were left out, when all of them would have made the answer too long. */
  truncated?: { ranges: number; gaps: number }
  /** What is not proven between the backfill's start and the checkpoint, newest first. */
  gaps: Range[]
  /** Share of the time from the backfill's start to the checkpoint that is covered, 0 to 1. */
  progress: number | null
  polling: {
    lastRuns: PollRunRow[]
    lastSuccessAt: string | null
    credentialsRejected: boolean
    clock: ClockReport | null
  } | null
  webhooks: { lastAt: string | null; notArrivingSince: string | null } | null
  /** Counted over the events created in this range: the requested window, or the newest part of it that could be counted. */
  sightings: Omit<Sightings, 'from'> & Range
  /** The latest audits, newest first. */
  audits: AuditRunRow[]
  quarantine: QuarantineCount[]
  /** How copying the client sessions goes; null without credentials. */
  clientSessions: Omit<SessionSyncRecord, 'workspaceId'> | null
  /** How copying names goes, kind by kind; empty before the first listing. */
  names: NameSyncRecord[]
  /** Events that are stored and served, but that cannot be found by a value that did not fit into its column. */
  leftOut: LeftOutCount[]
  /** In the window of the sightings, for all replicas and all workspaces: nobody knows whose an unsigned delivery is. */
  refusedDeliveries: RefusedDeliveries[]
}

const RUNS_SHOWN = 10
/** Webhooks count as not arriving once at least this many events came by polling only, and the oldest of them is this old. */
const MISSED_EVENTS = 5
const MISSED_FOR: Micros = 600n * MICROS_PER_SECOND

/** Everything that is known about how complete a workspace's copy is. Sightings are counted over the events created in the window. */
export async function coverageReport(
  db: Db,
  workspaceId: string,
  settings: ReportSettings,
  now: Micros,
  window: { from: Micros; to: Micros },
): Promise<CoverageReport> {
  // One query after another, so that a report takes up only one connection.
  const covered = await readCoverage(db, workspaceId)
  const runs = await listPollRuns(db, workspaceId, RUNS_SHOWN)
  const { from: countedFrom, ...sightings } = await readSightings(db, workspaceId, window.from, window.to)
  const quarantine = await readQuarantineCounts(db, workspaceId)
  const audits = await listAuditRuns(db, workspaceId, RUNS_SHOWN)
  const syncs = await listSessionSyncs(db, [workspaceId])
  const names = await listNameSyncs(db, workspaceId)
  const leftOut = await readLeftOutCounts(db, workspaceId)
  const refusedDeliveries = await readRefusedDeliveries(db, window.from, window.to)
  const newest = covered.at(-1) ?? null
  const since = settings.backfillSince
  const start = since.kind === 'instant' ? since.at : now - since.duration
  const from = covered[0] !== undefined && covered[0].from < start ? covered[0].from : start
  const gaps = newest === null || newest.to <= from ? [] : gapsIn({ from, to: newest.to }, covered)
  return {
    workspaceId,
    complete: newest && rangeOf(newest),
    checkpoint: newest && formatInstant(newest.to),
    lagSeconds: newest && Number(now - newest.to) / Number(MICROS_PER_SECOND),
    ranges: covered.map(rangeOf),
    gaps: gaps.map(rangeOf).toReversed(),
    progress: newest && newest.to > from ? progressOf(gaps, newest.to - from) : null,
    polling: settings.hasCredentials ? pollingOf(runs) : null,
    webhooks: settings.hasWebhookSecret ? webhooksOf(sightings, now) : null,
    sightings: { ...rangeOf({ from: countedFrom, to: window.to }), ...sightings },
    audits,
    quarantine,
    clientSessions: settings.hasCredentials ? clientSessionsOf(syncs) : null,
    names,
    leftOut,
    refusedDeliveries,
  }
}

function clientSessionsOf([sync]: readonly SessionSyncRecord[]): CoverageReport['clientSessions'] {
  if (sync === undefined) return null
  const { workspaceId: _, ...record } = sync
  return record
}

function pollingOf(runs: PollRunRow[]): NonNullable<CoverageReport['polling']> {
  return {
    lastRuns: runs,
    lastSuccessAt: runs.find(({ outcome }) => outcome !== 'failed')?.finishedAt ?? null,
    credentialsRejected: runs[0]?.errorKind === 'credentials',
    clock: clockOf(runs),
  }
}

function clockOf(runs: PollRunRow[]): ClockReport | null {
  const { clock = null, clockAheadSeconds = null } = runs.find((run) => run.clock !== null) ?? {}
  if (clock === null) return null
  return {
    state: clock,
    isBelieved: clock === 'agree' || clock === 'apart',
    aheadSeconds: clockAheadSeconds,
  }
}

/** A disabled endpoint is silent. Only events that polling alone brings reveal it. A single webhook resets this. */
function webhooksOf(
  { lastWebhookAt, pollOnlySince }: Pick<Sightings, 'lastWebhookAt' | 'pollOnlySince'>,
  now: Micros,
): NonNullable<CoverageReport['webhooks']> {
  const firstMissed = pollOnlySince === null ? null : parseInstant(pollOnlySince.firstCreatedAt)
  const isSilent =
    pollOnlySince !== null &&
    firstMissed !== null &&
    pollOnlySince.events >= MISSED_EVENTS &&
    now - firstMissed >= MISSED_FOR
  return { lastAt: lastWebhookAt, notArrivingSince: isSilent ? pollOnlySince.firstCreatedAt : null }
}

function progressOf(gaps: readonly { from: Micros; to: Micros | null }[], whole: Micros): number {
  const missing = gaps.reduce((sum, gap) => sum + ((gap.to ?? gap.from) - gap.from), 0n)
  return Math.floor((Number(whole - missing) / Number(whole)) * 10_000) / 10_000
}

function rangeOf({ from, to }: { from: Micros; to: Micros | null }): Range {
  return { from: formatInstant(from), to: formatInstant(to ?? from) }
}
