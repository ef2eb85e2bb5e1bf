import { MAX_COPY_AGE_HOURS } from '../../domain/client-session.ts'
import { isUuid } from '../../domain/uuid.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'
import { preparedStatement } from '../../postgres/prepared-statement.ts'
import { rawSql, sql } from '../../postgres/sql.ts'

/** `unconfirmed`: the newest believable listings do not show the session. `stale`: the workspace's sessions were not listed for too long. */
export type SessionState = 'live' | 'expired' | 'unconfirmed' | 'stale'

export interface TokenSession {
  workspaceId: string
  clientSessionId: string
  /** UUIDs only, in lower case: no event belongs to anything else. */
  connectedAccountIds: string[]
  connectWebviewIds: string[]
  /** Only the token of a `live` session is accepted. Judged by the database's clock. */
  state: SessionState
  /** Changes with every update of the row. */
  rowVersion: string
}

const LONGEST_COPY_AGE = rawSql(`interval '${MAX_COPY_AGE_HOURS} hours'`)

const findStatement = preparedStatement<readonly Buffer[]>(
  'find_sessions_by_token',
  (input) => sql`
select encode(token_sha256, 'hex') as "tokenSha256", workspace_id::text as "workspaceId", client_session_id as "clientSessionId",
  connected_account_ids as "connectedAccountIds", connect_webview_ids as "connectWebviewIds",
  case
    when expires_at <= clock_timestamp() then 'expired'
    when unconfirmed_since is not null then 'unconfirmed'
    when exists (
      select from client_session_syncs s
      where s.workspace_id = c.workspace_id and s.succeeded_at > clock_timestamp() - ${LONGEST_COPY_AGE}
    ) then 'live'
    else 'stale'
  end as state, xmin::text as "rowVersion"
from client_sessions c
where token_sha256 = any(${input((hashes) => hashes)}) and deleted_at is null`,
)

/**
 * The sessions that tokens belong to, without deleted ones, by the tokens' SHA-256 in hexadecimal. A token that two sessions claim is
 * accepted for neither; otherwise it would give access to whichever session came first.
 */
export async function listSessionsByToken(
  db: Pick<Db, 'executeQuery'>,
  tokenHashes: readonly string[],
): Promise<Map<string, TokenSession>> {
  const bytes = tokenHashes.map((hash) => Buffer.from(hash, 'hex'))
  const rows = await runSql<TokenSession & { tokenSha256: string }>(db, findStatement(bytes))
  const byToken = Map.groupBy(rows, ({ tokenSha256 }) => tokenSha256)
  return new Map(
    [...byToken].flatMap(([hash, [session, another]]) =>
      session === undefined || another !== undefined ? [] : [[hash, tokenSession(session)]],
    ),
  )
}

function tokenSession(row: TokenSession & { tokenSha256: string }): TokenSession {
  const { tokenSha256: _hash, ...session } = row
  return {
    ...session,
    connectedAccountIds: session.connectedAccountIds.filter(isUuid),
    connectWebviewIds: session.connectWebviewIds.filter(isUuid),
  }
}
