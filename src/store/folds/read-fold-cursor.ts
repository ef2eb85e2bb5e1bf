import { type Executor, runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { FoldCursor } from './lock-fold.ts'

/** How far the events of a workspace are folded in this snapshot; null when nothing is that counts on this server. */
export async function readFoldCursor(db: Executor, workspaceId: string): Promise<FoldCursor | null> {
  const [row] = await runSql<FoldCursor>(
    db,
    sql`
select arrival_transaction::text as transaction, event_id as "eventId" from folds
where workspace_id = ${workspaceId} and server = (select system_identifier from pg_control_system())`,
  )
  return row ?? null
}
