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

/** No lease: an audit moves no coverage, so there is nothing to fence. */
export interface AuditTools extends AskTools {
  db: Db
  secrets: Secrets
  noteQuarantined: NoteQuarantined
}

/** What an audit has seen and found so far. */
export interface AuditTally {
  pages: number
  eventsSeen: number
  /** Events in covered time that neither path had brought; they are stored now. */
  eventsMissing: number
  missingEventIds: readonly string[]
  /** From the `created_at` of a missing event to the answer that showed it, at most; the longest. */
  longestDelay: Micros | null
  /** The earliest horizon of all answers: above it nothing can be judged (I6). Null until an answer has a clock to believe. */
  horizon: Micros | null
  /** What Seam's clock was worth at the newest answer. */
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
  /** Called in the transaction of every page that found something, with what has been found with it. */
  onFound: (trx: Transaction<Database>, tally: AuditTally) => Promise<void>
}

/** At most this many missing ids are recorded. */
export const MAX_MISSING_IDS = 20
/**
 * The pause between two pages. It limits an audit to one request at a time and four a second, which leaves room in the workspace's rate
 * limit for the poller, which asks at the same time and does not know of the audit.
 */
const PAUSE_MS = 250

/**
 * Reads again what of a range is covered, newest first, and stores what was missing (I2: by the same ingest). It never touches
 * coverage: its answers may well prove more, but that is the poller's to claim, under its lease (I4, I13). The tally counts
 * up to the end or the error that ended it; the walks have proven all of `judged` again but `unproven`.
 */
export async function auditRange(
  tools: AuditTools,
  options: AuditedRange,
): Promise<{ judged: Interval[]; unproven: Interval[] }> {
  const { tally, covered, range } = options
  const targets = coveredPartsOf(range, covered)
  const proven: Interval[] = []
  for (const target of targets.toReversed()) {
    // Without anchors: what is stored is what is in question, and must not shorten the reading.
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

/** What of a range is covered, earliest first: the rest is the poller's. */
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

/** Stores a page's events as the poller does, without coverage; returns the tally with them, once they are durable. */
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
      // Recorded together with the page, so that a process that dies right after it has not hidden what it found.
      if (missing.length > 0) await onFound(trx, next)
      return next
    }),
  )
  noteQuarantined(kept, 'poll')
  return stored
}

/**
 * What a page brought that had to be there already: created in time that was covered when the audit began. What only a webhook
 * had brought is not among it; neither is what lies in the millisecond by which windows are wider than covered time.
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
