import type { Transaction } from 'kysely'
import { runSql } from '../../postgres/open-database.ts'
import type { Database } from '../schema.ts'

/** The subquery with an order is not flattened: the locks are taken in that order, by everybody. */
const SQL = `
select pg_advisory_xact_lock(hashtextextended('client_sessions ' || id, 0))
from (select distinct id::text from unnest($1::uuid[]) as given (id) order by 1) as workspace (id)`

/**
 * Until the end of the transaction, nobody else writes client sessions of these workspaces. A listing writes many rows and a
 * batch of events marks a few of the same, each also rows that don't exist yet: no order of row locks could keep the two from
 * deadlocking. It is held for one part of a listing (0.1 s), and nothing waits for Seam under it.
 */
export async function lockClientSessions(
  trx: Transaction<Database>,
  workspaceIds: readonly string[],
): Promise<void> {
  await runSql(trx, SQL, [workspaceIds])
}
