import type { Router } from 'express'
import { apiRoute } from '../http/api-route.ts'
import type { Authenticate } from '../http/authenticate.ts'
import { boolean, nullable, text } from '../http/param-kinds.ts'
import { defineParams } from '../http/read-params.ts'
import { requireScope } from '../http/require-scope.ts'
import { listClientSessions } from '../store/list-client-sessions.ts'
import { sessionText } from './session-text.ts'
import type { SessionRoutesOptions } from './session-routes-options.ts'

/** Ids are plain text here, and two of them may be null (contract 8.1). */
const readFilters = defineParams({
  client_session_id: text(),
  connect_webview_id: nullable(text()),
  user_identifier_key: text(),
  user_identity_id: nullable(text()),
  without_user_identifier_key: boolean(),
})

/** `/client_sessions/list` (contract 8.1): the workspace's sessions, newest first, all of them or those that all filters match. */
export function listSessionsRoute({ db, authenticate, keyring }: SessionRoutesOptions): Router {
  return apiRoute({
    path: '/client_sessions/list',
    methods: ['GET', 'POST'],
    authenticate: keysOnly(authenticate),
    readParams: readFilters,
    answer: async (params, caller) => {
      requireScope(caller, 'client_sessions:read')
      const asked = {
        clientSessionId: params.client_session_id,
        connectWebviewId: params.connect_webview_id,
        userIdentifierKey: params.user_identifier_key,
        userIdentityId: params.user_identity_id,
      }
      const without = params.without_user_identifier_key === true ? [{ userIdentifierKey: null }] : []
      const sessions = await listClientSessions(db, {
        workspaceId: caller.workspaceId,
        filters: [asked, ...without],
      })
      const texts = sessions.map((session) => sessionText(session, caller, keyring))
      return `{"client_sessions":[${texts.join(',')}],"ok":true}`
    },
  })
}

/**
 * Refuses client session tokens as if they were no credentials, 401 before anything else is looked at: a client session is not
 * among the credentials of this endpoint, and a credential that an endpoint does not take is a rejected one (contract 3 and
 * 16.8). A 403 is for keys, which are taken here but may lack the scope.
 */
function keysOnly(authenticate: Authenticate): Authenticate {
  return async (request) => {
    const caller = await authenticate(request)
    return caller?.kind === 'key' ? caller : null
  }
}
