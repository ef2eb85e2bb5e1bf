import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

/** Everything about the last success stays as it was. */
const SQL = `
insert into client_session_syncs as s (workspace_id, outcome, error, failures, finished_at)
values ($1, 'failed', $2, 1, clock_timestamp())
on conflict (workspace_id) do update
set outcome = excluded.outcome, error = excluded.error, failures = s.failures + 1, finished_at = excluded.finished_at`

/** Notes that a sync failed, and why. A success is noted by the transaction that stores its listing. */
export async function saveFailedSessionSync(db: Db, workspaceId: string, error: string): Promise<void> {
  await runSql(db, SQL, [workspaceId, error])
}
