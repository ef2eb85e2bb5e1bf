import { isUuid } from '../domain/uuid.ts'
import { type Db, runSql } from './open-database.ts'
import { prepared } from './open-connection.ts'

export interface TokenSession {
  workspaceId: string
  clientSessionId: string
  /** UUIDs only, in lower case: no event belongs to anything else. */
  connectedAccountIds: string[]
  connectWebviewIds: string[]
  /** By the database's clock. */
  isExpired: boolean
  /** Changes with every update of the row. */
  rowVersion: string
}

const SQL = prepared(
  'find_session_by_token',
  `
select workspace_id::text as "workspaceId", client_session_id as "clientSessionId",
  connected_account_ids as "connectedAccountIds", connect_webview_ids as "connectWebviewIds",
  coalesce(expires_at <= clock_timestamp(), false) as "isExpired", xmin::text as "rowVersion"
from client_sessions
where token_sha256 = $1 and deleted_at is null
limit 2`,
)

/**
 * The session that a token belongs to, deleted ones excepted; null when there is none. A token that two sessions claim would
 * open a door to whichever came first, so it opens none.
 */
export async function findSessionByToken(
  db: Pick<Db, 'executeQuery'>,
  tokenSha256: Buffer,
): Promise<TokenSession | null> {
  const [session, another] = await runSql<TokenSession>(db, SQL, [tokenSha256])
  if (session === undefined || another !== undefined) return null
  return {
    ...session,
    connectedAccountIds: session.connectedAccountIds.filter(isUuid),
    connectWebviewIds: session.connectWebviewIds.filter(isUuid),
  }
}
