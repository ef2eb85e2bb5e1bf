import { success } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ClientSession } from './client-session.ts'
import type { ParamKinds, Params } from './params.ts'
import type { Upstream } from './upstream.ts'

/** The parameters. Null asks for sessions without a webview or identity (contract, section 8.1). */
export const listClientSessionsKinds: ParamKinds = {
  client_session_id: { type: 'string' },
  connect_webview_id: { type: 'string', nullable: true },
  user_identifier_key: { type: 'string' },
  user_identity_id: { type: 'string', nullable: true },
  without_user_identifier_key: { type: 'boolean' },
}

/** `/client_sessions/list`: all of them in one answer, newest first, tokens included (contract, section 8.1). */
export function listClientSessions(params: Params, upstream: Upstream): Answer {
  const sessions = upstream.hotel.clientSessions.filter((session) => matches(session, params))
  return success('client_sessions', [...sessions.toReversed(), ...upstream.faults().strangeSessions])
}

function matches(session: ClientSession, params: Params): boolean {
  const { client_session_id: id, connect_webview_id: webview, user_identifier_key: key } = params
  const { user_identity_id: identity } = params
  if (id !== undefined && session.client_session_id !== id) return false
  if (key !== undefined && session.user_identifier_key !== key) return false
  if (identity !== undefined && (session.user_identity_id ?? null) !== identity) return false
  if (params.without_user_identifier_key === true && session.user_identifier_key !== null) return false
  if (webview === null) return session.connect_webview_ids.length === 0
  return webview === undefined || session.connect_webview_ids.some((one) => one === webview)
}
