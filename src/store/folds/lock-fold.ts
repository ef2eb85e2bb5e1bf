import type { Transaction } from 'kysely'
import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Database } from '../schema.ts'

/** The last event that is folded, in the order of arrival. */
export interface FoldCursor {
  /** An unsigned 64-bit number, as text. */
  transaction: string
  eventId: string
}

/** A fold's row is there after at most one insert. */
const ATTEMPTS = 3

/**
 * Locks what is folded of a workspace until the transaction ends, and returns how far that is.
 *
 * The lock has a statement of its own. The next statement takes its snapshot when the lock is held, so it sees everything that the holder
 * before has written: events that were folded, and events that were deleted.
 *
 * Whatever was folded on another server is deleted, and folding begins anew: there the cursor counted other transactions.
 */
export async function lockFold(trx: Transaction<Database>, workspaceId: string): Promise<FoldCursor> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const [row] = await runSql<FoldCursor & { isOfThisServer: boolean }>(
      trx,
      sql`
select f.arrival_transaction::text as transaction, f.event_id as "eventId", f.server = c.system_identifier as "isOfThisServer"
from folds f, pg_control_system() c where f.workspace_id = ${workspaceId} for update of f`,
    )
    if (row?.isOfThisServer) return row
    if (row === undefined) await addFold(trx, workspaceId)
    else await beginAnew(trx, workspaceId)
  }
  throw new Error(`The row of folds of workspace ${workspaceId} is gone again and again.`)
}

/** Two that begin at once make one row, which is of no server yet, so that whoever locks it begins anew. */
async function addFold(trx: Transaction<Database>, workspaceId: string): Promise<void> {
  await runSql(trx, sql`insert into folds (workspace_id) values (${workspaceId}) on conflict do nothing`)
}

async function beginAnew(trx: Transaction<Database>, workspaceId: string): Promise<void> {
  await runSql(
    trx,
    sql`
with dropped as (delete from event_counts where workspace_id = ${workspaceId})
update folds set server = (select system_identifier from pg_control_system()), arrival_transaction = default, event_id = default,
  folded_events = 0, updated_at = clock_timestamp()
where workspace_id = ${workspaceId}`,
  )
}
