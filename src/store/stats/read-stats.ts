import type { Transaction } from 'kysely'
import type { Micros } from '../../domain/instant.ts'
import { type Executor, runSql } from '../../postgres/open-database.ts'
import type { Interval } from '../../domain/interval.ts'
import { readCoverage } from '../coverage/read-coverage.ts'
import type { Db } from '../database.ts'
import { readFoldCursor } from '../folds/read-fold-cursor.ts'
import type { Database } from '../schema.ts'
import { countEventsSql } from './count-events-sql.ts'
import { listBucketBounds } from './list-bucket-bounds.ts'
import type { BucketUnit, StatsQuery } from './stats-query.ts'

/** Most buckets in one answer: a year by hour has 8,784. */
export const MAX_BUCKETS = 10_000
/** Most counts in one answer, of all buckets and groups together. */
export const MAX_COUNTS = 50_000

export interface StatsCount {
  /** The number of its bucket. */
  bucket: number
  /** In the order of `groupBy`; null for events without one. */
  group: readonly (string | null)[]
  count: number
}

export interface Stats {
  /** Where the buckets begin, and where the last one ends. None for an empty window. */
  bounds: readonly Micros[]
  /** By bucket, the largest first. */
  counts: readonly StatsCount[]
  /** What is proven complete, in the snapshot of the counts. */
  covered: readonly (Interval & { to: Micros })[]
}

/** The answer would be too large. */
export class TooManyCountsError extends Error {
  override readonly name = 'TooManyCountsError'

  readonly what: 'buckets' | 'counts'

  constructor(what: 'buckets' | 'counts') {
    const most = what === 'buckets' ? MAX_BUCKETS : MAX_COUNTS
    super(`The answer would have more than ${most.toLocaleString('en')} ${what}`)
    this.what = what
  }
}

/** The average length of a bucket, in microseconds: enough to refuse a window before its buckets are made. */
const UNIT_MICROS: Record<BucketUnit, Micros> = {
  minute: 60_000_000n,
  hour: 3_600_000_000n,
  day: 86_400_000_000n,
  week: 604_800_000_000n,
  month: 2_629_746_000_000n,
}

/**
 * Counts events. Roll-ups are used where they can answer the question, and the events' indexes otherwise. Throws TooManyCountsError, and
 * UnknownTimeZoneError.
 */
export async function readStats(db: Db, query: StatsQuery): Promise<Stats> {
  if ((query.to - query.from) / UNIT_MICROS[query.unit] > MAX_BUCKETS) throw new TooManyCountsError('buckets')
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((trx) => readStatsIn(trx, query))
}

/**
 * Does the same in the caller's transaction, which must be repeatable read. All of it is read in one snapshot, so that what is folded, what
 * is not, and what is proven complete belong together (I15, I16).
 */
export async function readStatsIn(trx: Transaction<Database>, query: StatsQuery): Promise<Stats> {
  const { workspaceId, from, to } = query
  const bounds = from < to ? await listBucketBounds(trx, query) : []
  return {
    bounds,
    counts: bounds.length === 0 ? [] : await readCounts(trx, query, bounds),
    covered: await readCoverage(trx, workspaceId),
  }
}

async function readCounts(db: Executor, query: StatsQuery, bounds: readonly Micros[]): Promise<StatsCount[]> {
  const folded = await readFoldCursor(db, query.workspaceId)
  const rows = await runSql<{ bucket: number; count: number; [group: `g${number}`]: string | null }>(
    db,
    countEventsSql(query, bounds, folded, MAX_COUNTS + 1),
  )
  if (rows.length > MAX_COUNTS) throw new TooManyCountsError('counts')
  const counts = rows.map(({ bucket, count, ...row }) => ({
    bucket,
    group: query.groupBy.map((_, i) => row[`g${i}`] ?? null),
    count,
  }))
  return counts.toSorted(inOrder)
}

/** Sorted here, because Postgres took a tenth of the statement for 32,000 counts, which did not fit into its memory for sorting. */
function inOrder(a: StatsCount, b: StatsCount): number {
  if (a.bucket !== b.bucket) return a.bucket - b.bucket
  return b.count - a.count || (a.group.join() < b.group.join() ? -1 : 1)
}
