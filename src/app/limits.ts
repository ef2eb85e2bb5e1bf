import type { FairShares } from '../http/create-fair-shares.ts'

/*
 * The limits that this folder hands down (I12). limit-table.ts shows all limits of the service, those of single files as well.
 */

/** The service's own limits. */
export const LIMITS = {
  webhookFlushes: 2,
  webhookBatchItems: 1_000,
  webhookWaitingItems: 20_000,
  webhookWaitingBytes: 64 * 1024 * 1024,
  /** Together with the longest flush (`DATABASE_POOLS.webhooks`) this stays below the 15 s that Svix waits for an answer (contract, 14). */
  webhookWaitMs: 4_000,
  /** For one attempt, the whole answer included. */
  seamTimeoutMs: 30_000,
  /** How long running requests may take to end when the service is told to stop. */
  stopGraceMs: 5_000,
} as const

interface PoolLimits {
  connections: number
  /** How many callers may wait for a connection; further ones are refused at once. */
  waiting: number
  statementTimeoutMs: number
}

/**
 * Each kind of work has its own connections, because neither slow or many queries nor fifty workspaces' backfills may keep webhooks
 * waiting. Connections open when needed: 21 at most per replica.
 */
export const DATABASE_POOLS = {
  /** Storing deliveries. */
  webhooks: { connections: 4, waiting: 100, statementTimeoutMs: 6_000 },
  /** Pollers, audits, session syncs; commands. */
  jobs: { connections: 4, waiting: 1_000, statementTimeoutMs: 10_000 },
  /** Callers wait for their turn before they get here (`QUERY_SHARES`). */
  queries: { connections: 8, waiting: 50, statementTimeoutMs: 5_000 },
  /** Reading what arrives for those who listen to `/v1/events/stream`: a short query for each workspace, every 250 ms. */
  feeds: { connections: 2, waiting: 100, statementTimeoutMs: 5_000 },
  /** Finding out who calls: one query serves all callers that wait (access/look-up-together.ts). */
  keys: { connections: 2, waiting: 20, statementTimeoutMs: 5_000 },
  /** Checking whether deliveries could be stored (`/readyz`), one query at a time. */
  health: { connections: 1, waiting: 10, statementTimeoutMs: 3_000 },
  /** An hour, because an index over years of events takes long. */
  migrations: { connections: 2, waiting: 10, statementTimeoutMs: 3_600_000 },
} as const satisfies Record<string, PoolLimits>

/** How long to wait for a connection, new or free. */
export const CONNECT_TIMEOUT_MS = 5_000
/** How long `migrate` waits for an unreachable database: about one restart. The service waits without limit. */
export const COMMAND_WAIT_MS = 3_000

/** How callers share the connections for queries. */
export const QUERY_SHARES: FairShares = {
  slots: DATABASE_POOLS.queries.connections,
  /** Half of the slots, so that it takes two callers with queries of seconds to make a third wait. */
  slotsPerCaller: 4,
  waitingPerCaller: 50,
  waiting: 200,
  maxWaitMs: 5_000,
}
