import { formatInstant } from '../../domain/instant.ts'
import { normalId } from '../../domain/normal-id.ts'
import type { Db } from '../database.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'
import { readBytea, type TextRow } from '../../postgres/text-query.ts'

/** Conditions on a session. All that are given must hold. */
export interface SessionFilter {
  clientSessionId?: string | undefined
  /** Null: only sessions without one. The same for the two below. */
  userIdentifierKey?: string | null | undefined
  userIdentityId?: string | null | undefined
  connectWebviewId?: string | null | undefined
}

export interface SessionQuery {
  workspaceId: string
  /** All of them must hold. */
  filters: readonly SessionFilter[]
  /** Sessions that come after this one in the list's order. */
  following?: SessionPosition | undefined
  limit: number
}

/** A session's place in the order: its creation time (microseconds as text, null when it cannot be read) and its id. */
export interface SessionPosition {
  createdAt: string | null
  clientSessionId: string
}

export interface StoredSession extends SessionPosition {
  /** Its text with masks for its token. */
  body: string
  /** What the masks stand for, sealed; null when it was not kept. */
  tokenSealed: Buffer | null
}

/**
 * The sessions that are not deleted, newest first, ties by id; those whose creation time cannot be read come last. Expired sessions are
 * included if Seam lists them (contract 17.7), because the copy shows what Seam lists. It reads as many as fit into `maxBytes`, but at
 * least one; `isCut` says that there are more.
 */
export async function listClientSessions(
  db: Pick<Db, 'queryTexts'>,
  query: SessionQuery,
  maxBytes: number,
): Promise<{ sessions: StoredSession[]; isCut: boolean }> {
  const { rows, isCut } = await db.queryTexts(listClientSessionsSql(query), maxBytes)
  return { sessions: rows.map(storedSession), isCut }
}

/** Takes the columns in the order of the statement. */
function storedSession([clientSessionId, createdAt, body, tokenSealed]: TextRow): StoredSession {
  return {
    clientSessionId: clientSessionId as string,
    createdAt: createdAt ?? null,
    body: body as string,
    tokenSealed: readBytea(tokenSealed),
  }
}

/** The statement behind `listClientSessions`: it has conditions only for what is asked, so that each filter's index is used. */
export function listClientSessionsSql(query: SessionQuery): Sql {
  const conditions = [sql`workspace_id = ${query.workspaceId}`, sql`deleted_at is null`]
  for (const filter of query.filters) {
    const { clientSessionId, userIdentifierKey, userIdentityId, connectWebviewId } = filter
    if (clientSessionId !== undefined) conditions.push(sql`client_session_id = ${normalId(clientSessionId)}`)
    if (userIdentifierKey === null) conditions.push(sql`user_identifier_key is null`)
    else if (userIdentifierKey !== undefined) conditions.push(sql`user_identifier_key = ${userIdentifierKey}`)
    const idLists = { user_identity_ids: userIdentityId, connect_webview_ids: connectWebviewId }
    for (const [column, id] of Object.entries(idLists)) {
      if (id === null) conditions.push(sql`${rawSql(column)} = '{}'`)
      else if (id !== undefined) conditions.push(sql`${rawSql(column)} @> ${[normalId(id)]}::text[]`)
    }
  }
  if (query.following !== undefined) conditions.push(followingSql(query.following))
  return sql`select client_session_id, (extract(epoch from created_at) * 1000000)::bigint, body, token_sealed
from client_sessions where ${joinSql(conditions, ' and ')}
order by created_at desc nulls last, client_session_id
limit ${query.limit}`
}

function followingSql({ createdAt, clientSessionId }: SessionPosition): Sql {
  if (createdAt === null) return sql`created_at is null and client_session_id > ${clientSessionId}`
  const at = sql`${formatInstant(BigInt(createdAt))}`
  return sql`(created_at < ${at} or created_at is null or (created_at = ${at} and client_session_id > ${clientSessionId}))`
}
