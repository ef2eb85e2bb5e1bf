import type { Transaction } from 'kysely'
import { MICROS_PER_SECOND, type Micros } from '../domain/instant.ts'
import { type Interval, gapsIn, intersect } from '../domain/interval.ts'
import {
  type IngestItem,
  type IngestResult,
  ingestInTransaction,
  type NoteQuarantined,
} from '../ingest/ingest-batch.ts'
import { reduceRefusedEvents } from '../ingest/reduce-refused-events.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { Db } from '../store/database.ts'
import { readDatabaseNow } from '../postgres/read-database-clock.ts'
import type { Database } from '../store/schema.ts'
import type { ClockVerdict } from '../walk/judge-clocks.ts'
import { type AnsweredPage, type AskTools, askForPage } from '../walk/ask-for-page.ts'
import { type WalkState, nextRequest, startWalk } from '../walk/walk.ts'

/** What an audit needs to read pages and store them. It needs no lease, because it moves no coverage. */
export interface AuditTools extends AskTools {
  db: Db
  secrets: Secrets
  noteQuarantined: NoteQuarantined
}

/** What an audit has read and found so far. */
export interface AuditTally {
  pages: number
  eventsSeen: number
  /** Events in covered time that neither webhooks nor polls had brought. They are stored now. */
  eventsMissing: number
  /** The first MAX_MISSING_IDS of them. */
  missingEventIds: readonly string[]
  /** The longest delay of a missing event: an upper bound of the time from its `created_at` to the answer that showed it. */
  longestDelay: Micros | null
  /** The earliest horizon of all answers; nothing above it can be judged (I6). Null until an answer has a clock that can be believed. */
  horizon: Micros | null
  /** How Seam's clock was judged at the newest answer; null before the first one. */
  clock: ClockVerdict | null
}

export const NOTHING_AUDITED: AuditTally = {
  pages: 0,
  eventsSeen: 0,
  eventsMissing: 0,
  missingEventIds: [],
  longestDelay: null,
  horizon: null,
  clock: null,
}

export interface AuditedRange {
  covered: readonly Interval[]
  range: Interval
  tally: AuditTally
  /** Called in the transaction of every page that found missing events, with the tally including that page. */
  onFound: (trx: Transaction<Database>, tally: AuditTally) => Promise<void>
}

/** At most this many missing ids are recorded. */
export const MAX_MISSING_IDS = 20
/**
 * The pause between two pages. It limits an audit to four requests a second, one at a time. That leaves the poller room in the workspace's
 * rate limit, because the poller asks at the same time and does not know about the audit.
 */
const PAUSE_MS = 250

/**
 * Reads the covered parts of a range again, newest first, and stores missing events by the same ingest (I2). It never touches coverage,
 * even when its answers prove more: only the poller may claim that, under its lease (I4, I13). The tally counts up to the end, or up to the
 * error that ended the audit. Returns the parts that could be judged, and the ranges in them that were not proven again.
 */
export async function auditRange(
  tools: AuditTools,
  options: AuditedRange,
): Promise<{ judged: Interval[]; unproven: Interval[] }> {
  const { tally, covered, range } = options
  const targets = coveredPartsOf(range, covered)
  const proven: Interval[] = []
  for (const target of targets.toReversed()) {
    // No anchors are used, because the audit must not rely on the stored events that it checks.
    let walk = startWalk(target)
    while (nextRequest(walk) !== null && !tools.signal.aborted) {
      if (tally.pages > 0) await tools.waiting.sleep(PAUSE_MS, tools.signal)
      if (tools.signal.aborted) break
      walk = await auditOnePage(tools, walk, options, proven)
    }
  }
  const { horizon } = tally
  const judged = targets.flatMap((target) =>
    horizon === null ? [] : (intersect(target, { from: target.from, to: horizon }) ?? []),
  )
  return { judged, unproven: judged.flatMap((part) => gapsIn(part, proven)) }
}

/** The covered parts of a range, earliest first. The rest is left to the poller. */
export function coveredPartsOf(range: Interval, covered: readonly Interval[]): Interval[] {
  return covered.flatMap((part) => intersect(part, range) ?? [])
}

async function auditOnePage(
  tools: AuditTools,
  walk: WalkState,
  options: AuditedRange,
  proven: Interval[],
): Promise<WalkState> {
  const databaseNow = await readDatabaseNow(tools.db)
  const page = await askForPage(tools, walk, () => databaseNow)
  if (page === null) return walk
  const { tally } = options
  Object.assign(tally, await storeAuditedPage(tools, page, options))
  const { askedAt } = page.clock
  tally.clock = page.clock
  if (askedAt !== null) {
    const horizon = askedAt - BigInt(tools.settleSeconds) * MICROS_PER_SECOND
    tally.horizon = tally.horizon === null || horizon < tally.horizon ? horizon : tally.horizon
  }
  for (const part of page.step.proven) proven.push(part)
  return page.step.state
}

/** Stores a page's events as the poller does, but without coverage. Returns the new tally once the events are durable. */
async function storeAuditedPage(
  { db, secrets, noteQuarantined }: AuditTools,
  page: AnsweredPage,
  { tally, covered, onFound }: AuditedRange,
): Promise<AuditTally> {
  let kept: IngestResult['kept'] = []
  const stored = await reduceRefusedEvents(db, page.items, 'poll', (accepted) =>
    db.transaction().execute(async (trx) => {
      const ingested = await ingestInTransaction(trx, accepted, 'poll', secrets)
      const { inserted } = ingested
      kept = ingested.kept
      const missing = missingOf(accepted, inserted, covered)
      const delays = missing.flatMap(({ createdAt }) =>
        page.clock.seamAtMost === null ? [] : [page.clock.seamAtMost - createdAt],
      )
      const next: AuditTally = {
        ...tally,
        pages: tally.pages + 1,
        eventsSeen: tally.eventsSeen + page.items.length,
        eventsMissing: tally.eventsMissing + missing.length,
        missingEventIds: [...tally.missingEventIds, ...missing.map(({ eventId }) => eventId)].slice(
          0,
          MAX_MISSING_IDS,
        ),
        longestDelay: delays.reduce<Micros | null>(
          (longest, delay) => (longest === null || delay > longest ? delay : longest),
          tally.longestDelay,
        ),
      }
      // The findings are recorded in the page's transaction, because after a crash no later audit would find these events missing.
      if (missing.length > 0) await onFound(trx, next)
      return next
    }),
  )
  noteQuarantined(kept, 'poll')
  return stored
}

/**
 * The new events of a page that should have been stored already, because they were created in time that was covered when the audit began.
 * Events that a webhook had brought are not new. Events in the millisecond by which a window exceeds covered time are not missing.
 */
function missingOf(
  items: readonly IngestItem[],
  inserted: IngestResult['inserted'],
  covered: readonly Interval[],
): { eventId: string; createdAt: Micros }[] {
  const createdAt = new Map(
    items.flatMap((item) => (item.kind === 'event' ? [[item.eventId, item.createdAt]] : [])),
  )
  return inserted.flatMap(({ eventId }) => {
    const at = createdAt.get(eventId)
    const isCovered = covered.some(
      ({ from, to }) => at !== undefined && at >= from && (to === null || at < to),
    )
    return at !== undefined && isCovered ? [{ eventId, createdAt: at }] : []
  })
}
