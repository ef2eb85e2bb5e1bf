import { randomUUID } from 'node:crypto'
import { expect, onTestFinished } from 'vitest'
import { type Micros, MICROS_PER_SECOND, microsFromMillis, parseInstant } from '../../src/domain/instant.ts'
import { gapsIn } from '../../src/domain/interval.ts'
import { createLogger } from '../../src/observability/create-logger.ts'
import { createPageSize } from '../../src/walk/page-size.ts'
import type { BackfillSince } from '../../src/domain/backfill-since.ts'
import type { PollerOptions } from '../../src/poller/poller-options.ts'
import { type Poller, startPoller } from '../../src/poller/start-poller.ts'
import { systemClock } from '../../src/runtime/on-schedule.ts'
import { openSeamClient, type SeamClient } from '../../src/seam/open-seam-client.ts'
import {
  type Faults,
  type SimulatedSeam,
  startSimulatedSeam,
} from '../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../support/query-test.ts'
import type { Db } from '../../src/store/database.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { openWorkspaces } from '../../src/workspaces/open-workspaces.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/**
 * Upstream's clock at the start of a test. It is twenty hours behind the database's, so that it is the clock that counts (I6) until a test has
 * moved it by as much. It has whole minutes, so that instants in tests are easy to write.
 */
export const START_MS = Math.floor((Date.now() - 20 * HOUR_MS) / MINUTE_MS) * MINUTE_MS
/** Where the backfill of most tests begins. */
export const DAY_AGO: Micros = microsFromMillis(START_MS - DAY_MS)
/** How much before the horizon coverage may end: `askedAt` is Seam's clock minus the time that the exchange took. */
export const SLOWEST_ANSWER: Micros = 30n * MICROS_PER_SECOND

export interface RigOptions {
  seed?: number
  faults?: Partial<Faults>
  settleSeconds?: number
  backfillSince?: BackfillSince
}

interface PollRunRow {
  outcome: string
  pages: number
  eventsSeen: number
  eventsNew: number
  error: string | null
}

/** A simulated workspace of its own, whose clock stands still unless it is told to move, and pollers of it. */
export interface Rig {
  seam: SimulatedSeam
  db: Db
  workspaceId: string
  settleSeconds: number
  /** Upstream's true clock, in Unix milliseconds. */
  clock: { ms: number }
  /** After how many milliseconds an attempt is given up. It is long, because an attempt given up too soon costs a page that a test did not count. */
  timeoutMs: number
  /** What the pollers waited between attempts, in milliseconds. */
  waits: number[]
  /** A poller as after a process start; it begins its first run at once. */
  startPoller(changes?: Partial<PollerOptions>): Promise<Poller>
  /** How many pages of events have been asked for. */
  pagesAsked(): number
  runs(): Promise<PollRunRow[]>
}

/** A schedule whose next tick is in some February, so that only `pollNow` makes the poller run. */
const NEVER = '0 0 0 29 2 *'

export async function startRig(db: Db, options: RigOptions = {}): Promise<Rig> {
  const { seed = 1, faults = {}, settleSeconds = 10 } = options
  const clock = { ms: START_MS }
  const workspaceId = randomUUID()
  const seam = await startSimulatedSeam({ seed, workspaceId, faults, now: () => clock.ms })
  const pollers: Poller[] = []
  onTestFinished(async () => {
    await Promise.all(pollers.map((poller) => poller.stop()))
    await seam.stop()
  })
  const logger = createLogger('silent')
  const waits: number[] = []
  const sleep = async (ms: number): Promise<void> => void waits.push(ms)
  const rig: Rig = {
    seam,
    db,
    workspaceId,
    settleSeconds,
    clock,
    timeoutMs: 120_000,
    waits,
    startPoller: async (changes = {}) => {
      const poller = startPoller({
        db,
        secrets: maskingSecrets(),
        client: {
          get: (path, request) => clientOf(seam, rig.timeoutMs).get(path, request),
          stream: (path, signal) => clientOf(seam, rig.timeoutMs).stream(path, signal),
        },
        pageSize: createPageSize(),
        workspaces: await openWorkspaces(db, [{ key: workspaceId, workspaceId: null }], logger),
        workspaceKey: workspaceId,
        schedule: NEVER,
        settleSeconds,
        backfillSince: options.backfillSince ?? { kind: 'instant', at: DAY_AGO },
        logger,
        waiting: { sleep, random: () => 0.5 },
        // As much time passes for the poller as upstream.
        clock: { ...systemClock, monotonicMs: () => clock.ms - START_MS },
        ...changes,
      })
      pollers.push(poller)
      return poller
    },
    pagesAsked: () => pageRequests(seam).length,
    runs: () =>
      queryTest<PollRunRow>(
        db,
        `select outcome, pages, events_seen as "eventsSeen", events_new as "eventsNew", error
         from poll_runs where workspace_id = $1 order by run_id`,
        [workspaceId],
      ),
  }
  return rig
}

function clientOf({ url, apiKey }: SimulatedSeam, timeoutMs: number): SeamClient {
  return openSeamClient({ endpoint: url, credentials: { kind: 'api_key', apiKey }, timeoutMs })
}

export function pageRequests(seam: SimulatedSeam): { params: Record<string, unknown>; status: number }[] {
  return seam.requests().filter(({ path }) => path === '/events/list')
}

/** The copy and its upstream, as far as a comparison needs them. */
export type Pair = Pick<Rig, 'db' | 'seam' | 'workspaceId'>

/** Creation times of what is stored, by event id, read apart from the code under test. */
export async function storedEvents({
  db,
  workspaceId,
}: Pick<Pair, 'db' | 'workspaceId'>): Promise<Map<string, Micros>> {
  const rows = await queryTest<{ id: string; at: string }>(
    db,
    `select event_id::text as id, (extract(epoch from created_at) * 1000000)::bigint::text as at
     from events where workspace_id = $1`,
    [workspaceId],
  )
  return new Map(rows.map(({ id, at }) => [id, BigInt(at)]))
}

/** Checks what must hold at any moment: every upstream event in a covered range is stored, with the same creation time. */
export async function expectNoFalseClaim(rig: Pair): Promise<void> {
  // Coverage is read first, because stored events only grow in number.
  const covered = await readCoverage(rig.db, rig.workspaceId)
  const stored = await storedEvents(rig)
  const missing = rig.seam.events().flatMap(({ event_id: id, created_at: createdAt }) => {
    const at = parseInstant(createdAt)
    const isClaimed = at !== null && covered.some(({ from, to }) => at >= from && at < to)
    return isClaimed && stored.get(id) !== at ? [`${id} of ${createdAt}`] : []
  })
  expect(missing, 'events in covered time that are not stored').toEqual([])
}

/** Every event of upstream is stored, once, and the claim reaches from the start of the backfill to the horizon in one piece. */
export async function expectComplete(rig: Rig, since: Micros): Promise<void> {
  await expectSame(rig)
  await expectCovered(rig, since)
}

/** Every event of upstream is stored, once, and none that upstream does not have; the claim is true. */
export async function expectSame(rig: Pair): Promise<void> {
  await expectNoFalseClaim(rig)
  const stored = await storedEvents(rig)
  const upstream = rig.seam.events().map(({ event_id }) => event_id)
  expect(
    upstream.filter((id) => !stored.has(id)),
    'events that are not stored',
  ).toEqual([])
  expect(stored.size, 'events that upstream does not have').toBe(upstream.length)
}

/** Coverage has no gap from `since` to the horizon, and ends there. */
export async function expectCovered(rig: Rig, since: Micros): Promise<void> {
  const covered = await readCoverage(rig.db, rig.workspaceId)
  const to = horizonOf(rig)
  expect(gapsIn({ from: since, to: to - SLOWEST_ANSWER }, covered), 'gaps in coverage').toEqual([])
  expect(covered.at(-1)?.to ?? 0n, 'I6: the end of coverage').toBeLessThanOrEqual(to)
}

/** Upstream's clock minus the settle time. */
export function horizonOf({ clock, settleSeconds }: Rig): Micros {
  return microsFromMillis(clock.ms) - BigInt(settleSeconds) * MICROS_PER_SECOND
}

export const micros = (unixMs: number): Micros => microsFromMillis(unixMs)

/** Ids that Postgres keeps in quarantine for the workspace, with how often each was met. */
export async function quarantined({
  db,
  workspaceId,
}: Rig): Promise<{ body: string; reason: string; timesSeen: number }[]> {
  return queryTest(
    db,
    `select convert_from(body, 'UTF8') as body, reason, times_seen as "timesSeen"
     from quarantine where workspace_id = $1 order by reason, body`,
    [workspaceId],
  )
}
