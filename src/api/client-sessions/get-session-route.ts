import type { Caller } from '../../domain/caller.ts'
import { ApiError } from '../../http/api-error.ts'
import { about, text } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import { invalidInput } from '../../http/to-api-error.ts'
import { listClientSessions, type SessionFilter } from '../../store/sessions/list-client-sessions.ts'
import { sessionText } from './session-text.ts'
import type { SessionRouteOptions } from './session-route-options.ts'

const PARAMS = defineParams({
  client_session_id: about('This session', text()),
  user_identifier_key: about('The newest session with this key', text()),
})

/**
 * `/client_sessions/get` (contract 8.2): the newest session that matches everything given. A client session can only get
 * itself: any other is not found, whether it exists or not (I10).
 */
export function getSessionRoute({ db, secrets }: SessionRouteOptions): TextRoute {
  return textRoute({
    path: '/client_sessions/get',
    methods: ['GET', 'POST'],
    summary:
      "Seam's contract: the newest session that matches `client_session_id` and `user_identifier_key`; a client session gets itself",
    takes: { key: 'client_sessions:read', client_session: null },
    params: PARAMS,
    showsOwnToken: true,
    answer: async (params, { caller }) => {
      const { client_session_id: clientSessionId, user_identifier_key: userIdentifierKey } = params
      const asked = { clientSessionId, userIdentifierKey }
      const { workspaceId } = caller
      const filters = [asked, ...limitsOf(caller, asked)]
      const { sessions } = await listClientSessions(db, { workspaceId, filters, limit: 1 }, Infinity)
      const [session] = sessions
      if (session === undefined) {
        throw new ApiError(404, 'client_session_not_found', 'Client session not found')
      }
      return { text: `{"client_session":${sessionText(session, caller, secrets)},"ok":true}` }
    },
  })
}

/** The filters that apply to this caller beyond what it asked for. */
function limitsOf(caller: Caller, asked: SessionFilter): SessionFilter[] {
  if (caller.kind === 'client_session') return [{ clientSessionId: caller.clientSessionId }]
  if (asked.clientSessionId === undefined && asked.userIdentifierKey === undefined) {
    throw invalidInput('Must specify either client_session_id or user_identifier_key')
  }
  return []
}
