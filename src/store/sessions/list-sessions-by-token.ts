import { type Expression, sql } from 'kysely'
import { MAX_COPY_AGE_HOURS } from '../../domain/client-session.ts'
import { isUuid } from '../../domain/uuid.ts'
import type { Db } from '../database.ts'
import { CLOCK, literal } from '../expressions.ts'
import { preparedQuery } from '../prepared-query.ts'

/** `unconfirmed`: the newest believable listings do not show the session. `stale`: the workspace's sessions were not listed for too long. */
export type SessionState = 'live' | 'expired' | 'unconfirmed' | 'stale'

export interface TokenSession {
  workspaceId: string
  clientSessionId: string
  /** UUIDs only, in lower case: no event belongs to anything else. */
  connectedAccountIds: string[]
  userIdentityIds: string[]
  connectWebviewIds: string[]
  /** Only the token of a `live` session is accepted. Judged by the database's clock. */
  state: SessionState
  /** Changes with every update of the row. */
  rowVersion: string
}

const LONGEST_AGO = sql<string>`clock_timestamp() - make_interval(hours => ${sql.lit(MAX_COPY_AGE_HOURS)})`

const listSessions = preparedQuery('list_sessions_by_token', (db, hashes: Expression<readonly Buffer[]>) =>
  db
    .selectFrom('client_sessions as c')
    .select((eb) => [
      sql<string>`encode(${eb.ref('token_sha256')}, 'hex')`.as('tokenSha256'),
      'workspace_id as workspaceId',
      'client_session_id as clientSessionId',
      'connected_account_ids as connectedAccountIds',
      'user_identity_ids as userIdentityIds',
      'connect_webview_ids as connectWebviewIds',
      eb
        .case()
        .when('expires_at', '<=', CLOCK)
        .then(literal('expired'))
        .when('unconfirmed_since', 'is not', null)
        .then(literal('unconfirmed'))
        .when(
          eb.exists(
            eb
              .selectFrom('client_session_syncs as s')
              .select('s.workspace_id')
              .whereRef('s.workspace_id', '=', 'c.workspace_id')
              .where('s.succeeded_at', '>', LONGEST_AGO),
          ),
        )
        .then(literal('live'))
        .else(literal('stale'))
        .end()
        .as('state'),
      sql<string>`xmin::text`.as('rowVersion'),
    ])
    .where((eb) => eb('token_sha256', '=', eb.fn.any(hashes)))
    .where('deleted_at', 'is', null),
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
  const rows = await listSessions(db, bytes)
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
    userIdentityIds: session.userIdentityIds.filter(isUuid),
    connectWebviewIds: session.connectWebviewIds.filter(isUuid),
  }
}
