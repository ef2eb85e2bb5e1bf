import type { Transaction } from 'kysely'
import { lockClientSessions } from './lock-client-sessions.ts'
import { isStorableId, normalId } from '../../domain/normal-id.ts'
import { runSql } from '../../postgres/open-database.ts'
import { type Sql, sql } from '../../postgres/sql.ts'
import type { Database } from '../schema.ts'

export interface DeletedSession {
  workspaceId: string
  clientSessionId: string
}

/** A session that was never seen gets a row as well, which keeps a listing that is under way from adding the session. */
const deletionSql = (workspaceIds: readonly string[], ids: readonly string[]): Sql => sql`
insert into client_sessions (workspace_id, client_session_id, deleted_at)
select workspace_id, client_session_id, clock_timestamp()
from (select distinct * from unnest(${workspaceIds}::uuid[], ${ids}::text[])) as deleted (workspace_id, client_session_id)
on conflict (workspace_id, client_session_id) do update
set deleted_at = excluded.deleted_at, unconfirmed_since = null, token_sha256 = null, token_sealed = null`

/**
 * Marks sessions deleted and forgets their tokens, as a `client_session.deleted` event says (contract 12.5). It is called in the
 * transaction that stores the event, so that neither is there without the other. An id that no session can have is skipped.
 */
export async function saveDeletedSessions(
  trx: Transaction<Database>,
  deleted: readonly DeletedSession[],
): Promise<void> {
  const usable = deleted.filter(({ clientSessionId }) => isStorableId(clientSessionId))
  if (usable.length === 0) return
  const workspaceIds = usable.map(({ workspaceId }) => workspaceId)
  await lockClientSessions(trx, workspaceIds)
  const ids = usable.map(({ clientSessionId }) => normalId(clientSessionId))
  await runSql(trx, deletionSql(workspaceIds, ids))
}
