import type { IncomingMessage } from 'node:http'
import { ApiError } from '../../http/api-error.ts'
import { endedSessionCookie } from '../../http/browser-cookie.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'

export interface DeleteBrowserSessionOptions {
  /** Ends the session whose cookie let the request in; false when a header did. */
  endBrowserSession: (request: IncomingMessage) => Promise<boolean>
}

/** `/v1/browser_sessions/delete`: ends the session whose cookie comes with the request, and removes the cookie. */
export function deleteBrowserSessionRoute({ endBrowserSession }: DeleteBrowserSessionOptions): TextRoute {
  return textRoute({
    path: '/v1/browser_sessions/delete',
    methods: ['POST'],
    summary: "ends the browser's session and removes its cookie; asked with the cookie alone",
    takes: { key: null, client_session: null },
    params: defineParams({}, { unknown: 'refused' }),
    answer: async (_params, { request }) => {
      if (!(await endBrowserSession(request)))
        throw new ApiError(
          404,
          'browser_session_not_found',
          'A browser session is ended with its cookie, without a key or a token in a header',
        )
      return { headers: { 'set-cookie': endedSessionCookie(request) }, text: '{"ok":true}' }
    },
  })
}
