import { MAX_COPY_AGE_HOURS } from '../../domain/client-session.ts'
import { runSql } from '../../postgres/open-database.ts'
import { rawSql, type Sql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/** How the copying of a workspace's client sessions goes. */
export interface SessionSyncRecord {
  workspaceId: string
  /** How the last sync ended; null before the first has ended. */
  lastOutcome: 'complete' | 'failed' | null
  lastError: string | null
  /** Failed syncs since the last success. */
  failures: number
  /** RFC 3339, UTC; null before the first. */
  lastSuccessAt: string | null
  /** Age of the copy, by the database's clock. */
  ageSeconds: number | null
  /** False when the copy is so old that no session's token is accepted. */
  tokensAccepted: boolean
  /** How many sessions the newest listing had, how many of them cannot be used, and how many known sessions it left unconfirmed. */
  listed: number | null
  unusable: number | null
  unconfirmed: number | null
}

/** A copy that is older opens nothing. */
const MAX_AGE = rawSql(`interval '${MAX_COPY_AGE_HOURS} hours'`)

const syncsSql = (workspaceIds: readonly string[]): Sql => sql`
select id::text as "workspaceId", outcome as "lastOutcome", error as "lastError", coalesce(failures, 0) as failures,
  to_char(succeeded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "lastSuccessAt",
  round(extract(epoch from clock_timestamp() - succeeded_at), 1)::float8 as "ageSeconds",
  coalesce(succeeded_at > clock_timestamp() - ${MAX_AGE}, false) as "tokensAccepted",
  sessions_listed as listed, sessions_unusable as unusable, sessions_unconfirmed as unconfirmed
from unnest(${workspaceIds}::uuid[]) as id
left join client_session_syncs on workspace_id = id`

export async function listSessionSyncs(
  db: Db,
  workspaceIds: readonly string[],
): Promise<SessionSyncRecord[]> {
  return runSql<SessionSyncRecord>(db, syncsSql(workspaceIds))
}
