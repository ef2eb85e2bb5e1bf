import type { Router } from 'express'
import type { Caller } from '../../domain/caller.ts'
import { ApiError } from '../../http/api-error.ts'
import { text } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { requireScope } from '../../http/require-scope.ts'
import { invalidInput } from '../../http/to-api-error.ts'
import { listClientSessions, type SessionFilter } from '../../store/sessions/list-client-sessions.ts'
import { sessionText } from './session-text.ts'
import type { SessionRoutesOptions } from './session-routes-options.ts'

const readFilters = defineParams({ client_session_id: text(), user_identifier_key: text() })

/**
 * `/client_sessions/get` (contract 8.2): the newest session that matches everything given. A client session can only get
 * itself: any other is not found, whether it exists or not (I10).
 */
export function getSessionRoute({ db, route, secrets }: SessionRoutesOptions): Router {
  return route({
    path: '/client_sessions/get',
    methods: ['GET', 'POST'],
    readParams: readFilters,
    showsOwnToken: true,
    answer: async (params, caller) => {
      const { client_session_id: clientSessionId, user_identifier_key: userIdentifierKey } = params
      const asked = { clientSessionId, userIdentifierKey }
      const { workspaceId } = caller
      const filters = [asked, ...limitsOf(caller, asked)]
      const { sessions } = await listClientSessions(db, { workspaceId, filters, limit: 1 }, Infinity)
      const [session] = sessions
      if (session === undefined) {
        throw new ApiError(404, 'client_session_not_found', 'Client session not found')
      }
      return `{"client_session":${sessionText(session, caller, secrets)},"ok":true}`
    },
  })
}

/** The filters that apply to this caller beyond what it asked for. */
function limitsOf(caller: Caller, asked: SessionFilter): SessionFilter[] {
  if (caller.kind === 'client_session') return [{ clientSessionId: caller.clientSessionId }]
  requireScope(caller, 'client_sessions:read')
  if (asked.clientSessionId === undefined && asked.userIdentifierKey === undefined) {
    throw invalidInput('Must specify either client_session_id or user_identifier_key')
  }
  return []
}
