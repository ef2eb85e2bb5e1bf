import { openDatabase } from '../../src/postgres/open-database.ts'
import type { Db } from '../../src/store/database.ts'
import type { PoolOptions } from '../../src/postgres/open-pool.ts'

/** A pool with limits that no test meets by accident; `options` for one that means to. */
export function openTestPool(connectionString: string, options: Partial<PoolOptions> = {}): Db {
  return openDatabase({
    connectionString,
    maxConnections: 10,
    maxWaiting: 1_000,
    connectTimeoutMs: 120_000,
    statementTimeoutMs: 240_000,
    onIdleError: () => {},
    onRefusedSettings: () => {},
    onLossyCommits: () => {},
    ...options,
  })
}
