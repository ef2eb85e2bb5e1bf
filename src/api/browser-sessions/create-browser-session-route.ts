import type { IncomingMessage } from 'node:http'
import { BROWSER_SESSION_HOURS } from '../../domain/browser-session.ts'
import type { Caller } from '../../domain/caller.ts'
import { ApiError } from '../../http/api-error.ts'
import { sessionCookie } from '../../http/browser-cookie.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'

export interface CreateBrowserSessionOptions {
  /** Makes a session for the credential in the request's header; null when there is only a cookie. Times are RFC 3339. */
  beginBrowserSession: (
    request: IncomingMessage,
    caller: Caller,
  ) => Promise<{ cookie: string; createdAt: string; expiresAt: string } | null>
}

/** `/v1/browser_sessions/create`: answers a credential with a cookie that stands for it, for what can't send a header (`EventSource`). */
export function createBrowserSessionRoute({ beginBrowserSession }: CreateBrowserSessionOptions): TextRoute {
  return textRoute({
    path: '/v1/browser_sessions/create',
    methods: ['POST'],
    summary: `begins a session for a browser: answers with a cookie that has the credential's rights for ${BROWSER_SESSION_HOURS} hours; see below`,
    takes: { key: null, client_session: null },
    params: defineParams({}, { unknown: 'refused' }),
    answer: async (_params, { caller, request }) => {
      const session = await beginBrowserSession(request, caller)
      if (session === null)
        throw new ApiError(
          403,
          'browser_session_not_accepted',
          'A browser session is made with a key or a token in a header, not with another browser session',
        )
      const { cookie, createdAt, expiresAt } = session
      return {
        headers: { 'set-cookie': sessionCookie(request, cookie, BROWSER_SESSION_HOURS * 3600) },
        text: JSON.stringify({
          browser_session: {
            workspace_id: caller.workspaceId,
            created_at: createdAt,
            expires_at: expiresAt,
          },
          ok: true,
        }),
      }
    },
  })
}
