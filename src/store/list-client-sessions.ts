import { normalId } from './normal-id.ts'
import { type Db, runSql } from './open-database.ts'

/** What a session must have; all that is given must hold. */
export interface SessionFilter {
  clientSessionId?: string | undefined
  /** Null: none at all. */
  userIdentifierKey?: string | null | undefined
  userIdentityId?: string | null | undefined
  connectWebviewId?: string | null | undefined
}

export interface SessionQuery {
  workspaceId: string
  /** All of them must hold. */
  filters: readonly SessionFilter[]
  /** All sessions when not given. */
  limit?: number
}

export interface StoredSession {
  clientSessionId: string
  /** Its text with masks for its token. */
  body: string
  /** What the masks stand for, sealed; null when it was not kept. */
  tokenSealed: Buffer | null
}

/**
 * The sessions that are not deleted, newest first, ties by id; those whose creation time can't be read come last. Expired ones
 * are among them: whether Seam lists those is its own affair (contract 17.7), and the copy shows what Seam lists.
 */
export async function listClientSessions(
  db: Pick<Db, 'executeQuery'>,
  query: SessionQuery,
): Promise<StoredSession[]> {
  const { text, parameters } = listClientSessionsSql(query)
  return runSql<StoredSession>(db, text, parameters)
}

/** The statement behind `listClientSessions`: a condition only for what is asked, so that each filter's index is used. */
export function listClientSessionsSql(query: SessionQuery): { text: string; parameters: unknown[] } {
  const parameters: unknown[] = []
  const parameter = (value: unknown): string => `$${parameters.push(value)}`
  const conditions = [`workspace_id = ${parameter(query.workspaceId)}`, 'deleted_at is null']
  for (const filter of query.filters) {
    const { clientSessionId, userIdentifierKey, userIdentityId, connectWebviewId } = filter
    if (clientSessionId !== undefined) {
      conditions.push(`client_session_id = ${parameter(normalId(clientSessionId))}`)
    }
    if (userIdentifierKey === null) conditions.push('user_identifier_key is null')
    else if (userIdentifierKey !== undefined) {
      conditions.push(`user_identifier_key = ${parameter(userIdentifierKey)}`)
    }
    const idLists = { user_identity_ids: userIdentityId, connect_webview_ids: connectWebviewId }
    for (const [column, id] of Object.entries(idLists)) {
      if (id === null) conditions.push(`${column} = '{}'`)
      else if (id !== undefined) conditions.push(`${column} @> ${parameter([normalId(id)])}::text[]`)
    }
  }
  const limit = query.limit === undefined ? '' : `\nlimit ${parameter(query.limit)}`
  const text = `select client_session_id as "clientSessionId", body, token_sealed as "tokenSealed"
from client_sessions where ${conditions.join(' and ')}
order by created_at desc nulls last, client_session_id${limit}`
  return { text, parameters }
}
