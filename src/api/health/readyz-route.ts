import type { OpenRoute } from '../../http/route.ts'
import { serviceUnavailable } from '../../http/to-api-error.ts'
import { assertWritable } from '../../store/events/assert-writable.ts'
import { isSchemaCurrent } from '../../postgres/migrate.ts'
import type { Db } from '../../store/database.ts'
import { readPollLag } from '../../store/runs/read-poll-lag.ts'
import { listSessionSyncs } from '../../store/sessions/list-session-syncs.ts'
import { retryConflicts } from '../../postgres/retry-conflicts.ts'
import { isWrongServer } from '../../postgres/server-watch.ts'
import { shareAnswer } from './share-answer.ts'

export interface ReadyzOptions {
  /** Connections of its own: anybody may ask, and webhooks must not wait for it. */
  db: Db
  /** Ids of the polled workspaces that are known so far. */
  polledWorkspaceIds: () => readonly string[]
  /** False when the settings leave no way for events to come. */
  canReceive: boolean
  monotonicMs: () => number
}

/** How long an answer is reused, so that the database is not asked more often. */
export const READYZ_MAX_AGE_MS = 1_000

/**
 * `/readyz`: the database is reachable, takes writes and has this release's schema, and events can come; otherwise 503. It also says
 * how old the newest coverage and the copy of the client sessions are. Old ones never make it unready: when Seam is away, taking a
 * replica out of rotation would only lose the webhooks as well.
 */
export function readyzRoute({ monotonicMs, ...options }: ReadyzOptions): OpenRoute {
  const readiness = shareAnswer(() => readReadiness(options), { maxAgeMs: READYZ_MAX_AGE_MS, monotonicMs })
  return {
    kind: 'open',
    path: '/readyz',
    methods: ['GET'],
    summary:
      "200 when the database is there, takes writes and has this release's schema, and events can arrive (by credentials or a webhook secret); otherwise 503. It says how old the coverage is and how the last poll ended, and may be a second old",
    answer: async () => ({ text: await readiness() }),
  }
}

async function readReadiness({
  db,
  polledWorkspaceIds,
  canReceive,
}: Omit<ReadyzOptions, 'monotonicMs'>): Promise<string> {
  if (!canReceive)
    throw serviceUnavailable('Nothing can arrive: neither Seam credentials nor a webhook secret is set')
  if (!(await isSchemaCurrent(db))) throw serviceUnavailable('The schema is not that of this release')
  await retryConflicts(() => assertWritable(db)).catch((error: unknown) => {
    throw isWrongServer(error) ? serviceUnavailable('The database takes no writes', error) : error
  })
  const ids = polledWorkspaceIds()
  const lags = await readPollLag(db, ids)
  const syncs = await listSessionSyncs(db, ids)
  const syncOf = new Map(syncs.map((sync) => [sync.workspaceId, sync]))
  return JSON.stringify({
    ok: true,
    database: 'ok',
    migrations: 'current',
    workspaces: lags.map((lag) => ({
      workspace_id: lag.workspaceId,
      covered_to: lag.coveredTo,
      coverage_lag_seconds: lag.lagSeconds,
      last_poll_outcome: lag.lastRunOutcome,
      last_successful_poll_age_seconds: lag.lastSuccessAgeSeconds,
      seam_clock: lag.clock,
      seam_clock_ahead_seconds: lag.clockAheadSeconds,
      client_sessions_age_seconds: syncOf.get(lag.workspaceId)?.ageSeconds ?? null,
      last_client_sessions_sync_outcome: syncOf.get(lag.workspaceId)?.lastOutcome ?? null,
    })),
  })
}
