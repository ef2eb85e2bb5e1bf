import { type Micros, formatInstant, parseInstant } from '../../domain/instant.ts'
import { runSql } from '../../postgres/open-database.ts'
import { rawSql, type Sql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/** Seconds from an event's creation until it was stored. */
export interface LagSeconds {
  p50: number
  p95: number
  p99: number
}

export interface Sightings {
  /** Events were counted from here on: the window's beginning, or later when the window holds more than are counted. */
  from: Micros
  webhookOnly: number
  pollOnly: number
  both: number
  /** Null where the path brought nothing. */
  webhookLag: LagSeconds | null
  pollLag: LagSeconds | null
  /** RFC 3339, UTC: when the newest webhook of these events was stored. */
  lastWebhookAt: string | null
  /** Events created after that webhook that only the poller found, while they were new: how many, and when the first was created. */
  pollOnlySince: { events: number; firstCreatedAt: string } | null
}

interface Row extends Omit<Sightings, 'from' | 'webhookLag' | 'pollLag' | 'pollOnlySince'> {
  /** Events created up to and including this instant were not counted; null when all were. */
  uncountedTo: string | null
  webhookLag: number[] | null
  pollLag: number[] | null
  missedEvents: number
  firstMissedAt: string | null
}

/**
 * An event found within an hour was found at the live edge. One found later was backfilled, and its lag says nothing about the poller.
 * Webhooks have no such limit, because Seam tries for 28 hours.
 */
const LIVE = rawSql("poll_at - created_at < interval '1 hour'")

/**
 * At most this many events are counted, the newest ones, so that the cost does not depend on how much a window holds. (Counts of any
 * window will come from stored sums.)
 */
export const MAX_COUNTED = 200_000

/** By which path the events created in `[from, to)` came, and how fast. Only the newest `maxCounted` events are counted. */
export async function readSightings(
  db: Db,
  workspaceId: string,
  from: Micros,
  to: Micros,
  maxCounted = MAX_COUNTED,
): Promise<Sightings> {
  const [row] = await runSql<Row>(db, sightingsSql(workspaceId, from, to, maxCounted))
  if (row === undefined) throw new Error('The sightings query returned no row.')
  const { uncountedTo, missedEvents, firstMissedAt, webhookLag, pollLag, ...rest } = row
  return {
    ...rest,
    from: uncountedTo === null ? from : (parseInstant(uncountedTo) ?? from) + 1n,
    webhookLag: lagOf(webhookLag),
    pollLag: lagOf(pollLag),
    pollOnlySince: firstMissedAt === null ? null : { events: missedEvents, firstCreatedAt: firstMissedAt },
  }
}

/** One pass over the window in the index on creation time. It is meant for a status page, not for every request. */
function sightingsSql(workspaceId: string, from: Micros, to: Micros, maxCounted: number): Sql {
  const most = sql`${maxCounted}`
  return sql`
with newest as materialized (
  select created_at, webhook_at, poll_at from events where workspace_id = ${workspaceId} and created_at >= ${formatInstant(from)} and created_at < ${formatInstant(to)}
  order by created_at desc limit ${most} + 1
), reach as (
  select case when count(*) > ${most} then min(created_at) end as created_at from newest
), seen as materialized (
  select newest.* from newest, reach where reach.created_at is null or newest.created_at > reach.created_at
), last as (select max(webhook_at) as webhook_at from seen),
missed as (
  select count(*)::int as events, min(created_at) as first_at from seen, last
  where seen.webhook_at is null and ${LIVE} and (last.webhook_at is null or created_at > last.webhook_at)
)
select
  count(*) filter (where poll_at is null)::int as "webhookOnly",
  count(*) filter (where seen.webhook_at is null)::int as "pollOnly",
  count(*) filter (where poll_at is not null and seen.webhook_at is not null)::int as "both",
  percentile_cont(array[0.5, 0.95, 0.99]) within group (order by extract(epoch from seen.webhook_at - created_at)::float8)
    filter (where seen.webhook_at is not null) as "webhookLag",
  percentile_cont(array[0.5, 0.95, 0.99]) within group (order by extract(epoch from poll_at - created_at)::float8)
    filter (where ${LIVE}) as "pollLag",
  (select to_char(webhook_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') from last) as "lastWebhookAt",
  (select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') from reach) as "uncountedTo",
  (select events from missed) as "missedEvents",
  (select to_char(first_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') from missed) as "firstMissedAt"
from seen`
}

function lagOf(percentiles: number[] | null): LagSeconds | null {
  const [p50, p95, p99] = percentiles ?? []
  if (p50 === undefined || p95 === undefined || p99 === undefined) return null
  return { p50: rounded(p50), p95: rounded(p95), p99: rounded(p99) }
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
