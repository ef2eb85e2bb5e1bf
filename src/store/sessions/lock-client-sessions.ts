import type { Transaction } from 'kysely'
import { runSql } from '../../postgres/open-database.ts'
import { type Sql, sql } from '../../postgres/sql.ts'
import type { Database } from '../schema.ts'

/** Postgres does not flatten a subquery with an order, so everybody takes the locks in the same order. */
const lockSql = (workspaceIds: readonly string[]): Sql => sql`
select pg_advisory_xact_lock(hashtextextended('client_sessions ' || id, 0))
from (select distinct id::text from unnest(${workspaceIds}::uuid[]) as given (id) order by 1) as workspace (id)`

/**
 * Keeps everybody else from writing client sessions of these workspaces until the transaction ends. A listing writes many rows and a batch
 * of events marks some of the same ones, and both also write rows that don't exist yet, so no order of row locks could keep the two from
 * deadlocking. The lock is held for one part of a listing (0.1 s), never while waiting for Seam.
 */
export async function lockClientSessions(
  trx: Transaction<Database>,
  workspaceIds: readonly string[],
): Promise<void> {
  await runSql(trx, lockSql(workspaceIds))
}
