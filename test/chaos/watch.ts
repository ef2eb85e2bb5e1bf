import { setTimeout } from 'node:timers/promises'
import { formatInstant, type Micros, parseInstant } from '../../src/domain/instant.ts'
import { isUuid } from '../../src/domain/uuid.ts'
import type { SeamEvent, SimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../support/query-test.ts'
import { openTestPool } from '../support/open-test-pool.ts'
import type { ArrivalCursor } from '../../src/store/events/arrival-cursor.ts'
import { readArrivals } from '../../src/store/events/read-arrivals.ts'
import type { Findings } from './findings.ts'
import type { Ledger } from './ledger.ts'

const SAMPLE_EVERY_MS = 80
const READ_EVERY_MS = 120
const ARRIVALS_PAGE = 300

export interface WatchOptions {
  databaseUrl: string
  seam: SimulatedSeam
  ledger: Ledger
  findings: Findings
  settleSeconds: number
  /** Unix milliseconds by Seam's clock. */
  seamNow: () => number
  /** Events that covered time may lack, because they became visible later than the settle time. */
  exempt: ReadonlySet<string>
}

/** Compares, during a whole round, what the database claims with what it has. */
export interface Watch {
  /** Resolves after a sample that begins now, or without one when the database cannot be reached. */
  sampleNow(): Promise<void>
  /** Follows the order of arrival to its end. */
  readToTheEnd(): Promise<void>
  /** The events that the follower of the order of arrival has seen, in that order. */
  arrived(): readonly string[]
  samples(): number
  stop(): Promise<void>
}

interface Sample {
  xmin: string
  ranges: readonly { from: Micros; to: Micros }[]
  /** The ids of events that were stored since the last sample. */
  newIds: readonly string[]
  /** The acknowledged events that the webhook path has not stored. */
  broken: readonly string[]
}

/**
 * One statement reads everything, so that it is one snapshot. It does not read again the events that the last sample saw, because nothing
 * deletes them. Events that have become visible since were written by transactions that had not ended at the last sample.
 */
const SAMPLE_SQL = `
select pg_snapshot_xmin(pg_current_snapshot())::text as xmin,
  array(select (extract(epoch from lower(range)) * 1000000)::bigint::text || ' ' || (extract(epoch from upper(range)) * 1000000)::bigint::text
    from coverage, unnest(ranges) as range where workspace_id = $1) as ranges,
  array(select event_id::text from events where workspace_id = $1 and arrival_transaction >= $2::text::xid8) as "newIds",
  array(select id::text from unnest($3::uuid[]) as id where not exists (
    select 1 from events where workspace_id = $1 and event_id = id and webhook_at is not null)) as broken`

export function startWatch(options: WatchOptions): Watch {
  const { databaseUrl, seam, ledger, findings, exempt, seamNow, settleSeconds } = options
  const url = new URL(databaseUrl)
  url.searchParams.set('application_name', 'chaos-watch')
  const limits = { maxConnections: 3, connectTimeoutMs: 3000, statementTimeoutMs: 8000 }
  const db = openTestPool(url.href, limits)
  const stored = new Set<string>()
  const createdAt = new Map<string, Micros | null>()
  const arrived: string[] = []
  let cursor: ArrivalCursor | null = null
  let xmin = '0'
  let samples = 0
  const stopping = new AbortController()
  let sampling: Promise<void> = Promise.resolve()

  async function sample(): Promise<void> {
    const acknowledged = ledger.unverified()
    const [row] = await queryTest<Omit<Sample, 'ranges'> & { ranges: string[] }>(db, SAMPLE_SQL, [
      seam.workspaceId,
      xmin,
      acknowledged,
    ])
    if (row === undefined) return
    samples += 1
    xmin = row.xmin
    for (const id of row.newIds) stored.add(id)
    const ranges = row.ranges.map((text) => {
      const [from = '0', to = '0'] = text.split(' ')
      return { from: BigInt(from), to: BigInt(to) }
    })
    checkHorizon(ranges)
    judge({ ...row, ranges }, acknowledged)
  }

  function judge({ ranges, broken }: Sample, acknowledged: readonly string[]): void {
    const lost = new Set(broken)
    for (const id of lost) findings.add('I1', `event ${id} was acknowledged, and its webhook is not stored`)
    ledger.verified(acknowledged.filter((id) => !lost.has(id)))
    // Upstream is asked after the snapshot. Events created in between lie beyond every true claim.
    for (const event of seam.events()) {
      if (stored.has(event.event_id) || exempt.has(event.event_id) || !isUuid(event.event_id)) continue
      const at = instantOf(event)
      const claim = ranges.find(({ from, to }) => at !== null && at >= from && at < to)
      if (claim === undefined) continue
      findings.add(
        'I4, I5, I6',
        `event ${event.event_id} of ${event.created_at} was not stored while coverage claimed ` +
          `${formatInstant(claim.from)} to ${formatInstant(claim.to)}`,
        event.event_id,
      )
    }
  }

  /** Checks that no range passes the horizon. The clock is read after the snapshot, so the horizon of the snapshot was not later. */
  function checkHorizon(ranges: Sample['ranges']): void {
    const horizon = BigInt(seamNow() - settleSeconds * 1000) * 1000n
    const beyond = ranges.find(({ to }) => to > horizon)
    if (beyond === undefined) return
    findings.add(
      'I6',
      `coverage claims time up to ${formatInstant(beyond.to)}, and by Seam's clock nothing after ${formatInstant(horizon)} has settled`,
      'horizon',
    )
  }

  function instantOf({ event_id: id, created_at: text }: SeamEvent): Micros | null {
    const known = createdAt.get(id)
    if (known !== undefined) return known
    const at = parseInstant(text)
    createdAt.set(id, at)
    return at
  }

  /** Reads the next page of arrivals. Returns false when there was none. */
  async function readOn(): Promise<boolean> {
    const page = await readArrivals(db, {
      workspaceId: seam.workspaceId,
      after: cursor,
      limit: ARRIVALS_PAGE,
    })
    cursor = page.cursor
    for (const { cursor: at } of page.events) arrived.push(at.eventId)
    return page.events.length > 0
  }

  const sampleNow = (): Promise<void> => {
    // When the database cannot be reached, this sample is left out.
    sampling = sampling.then(sample).catch(noteUnlessAway)
    return sampling
  }
  function noteUnlessAway(error: unknown): void {
    // The server must not refuse a cursor that it has given.
    if (error instanceof Error && /Cursor|Arrivals/.test(error.name)) findings.add('I8', error.message)
  }
  async function repeat(work: () => Promise<unknown>, everyMs: number): Promise<void> {
    while (!stopping.signal.aborted) {
      await work().catch(noteUnlessAway)
      await setTimeout(everyMs)
    }
  }

  const loops = [repeat(sampleNow, SAMPLE_EVERY_MS), repeat(readOn, READ_EVERY_MS)]
  let stopped: Promise<void> | null = null
  const stopLoops = async () => {
    stopping.abort()
    await Promise.all(loops)
  }
  return {
    sampleNow,
    readToTheEnd: async () => {
      await stopLoops()
      while (await readOn());
    },
    arrived: () => arrived,
    samples: () => samples,
    stop: () => {
      stopped ??= stopLoops().then(() => db.destroy())
      return stopped
    },
  }
}
