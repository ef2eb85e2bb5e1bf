import { type PagePosition, pageJson } from '../../http/page-cursor.ts'
import { about, boolean, integer, nullable, text } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import {
  listClientSessions,
  type SessionFilter,
  type SessionPosition,
} from '../../store/sessions/list-client-sessions.ts'
import { sessionText } from './session-text.ts'
import type { SessionRouteOptions } from './session-route-options.ts'

/** Most sessions in one answer. Seam has no limit here and sends all of them; ours continue behind a cursor. */
export const MAX_SESSIONS = 10_000

/** Limit on their bytes; one session alone may have more. Twice what 10,000 ordinary ones have: Seam sends all, so few lists may end here. */
export const MAX_SESSIONS_BYTES = 16 * 1024 * 1024

/** Ids are plain text here, and two of them may be null (contract 8.1). */
const PARAMS = defineParams({
  client_session_id: about('Only this session', text()),
  connect_webview_id: about('Only sessions with this Connect Webview', nullable(text())),
  user_identifier_key: about('Only sessions with this key', text()),
  user_identity_id: about('Only sessions with this user identity', nullable(text())),
  without_user_identifier_key: about('Only sessions without a user_identifier_key', boolean()),
  limit: about(
    `Most sessions in the answer, never more than ${MAX_SESSIONS}`,
    integer({ min: 1, cap: MAX_SESSIONS }),
  ),
  page_cursor: about('Where the page before ended; null for the first page', nullable(text())),
})

/**
 * `/client_sessions/list` (contract 8.1): the workspace's sessions that match all filters, newest first; without filters, all of them.
 * `limit`, `page_cursor` and `pagination` are ours, in the form of Seam's other lists (contract 11).
 */
export function listSessionsRoute({ db, secrets, pageCursors }: SessionRouteOptions): TextRoute {
  return textRoute({
    path: '/client_sessions/list',
    methods: ['GET', 'POST'],
    summary:
      "Seam's contract: `client_session_id`, `connect_webview_id`, `user_identifier_key`, `user_identity_id`, `without_user_identifier_key`. The copy is renewed every five minutes, and at once when a session is deleted",
    takes: { key: 'client_sessions:read' },
    params: PARAMS,
    answer: async ({ limit = MAX_SESSIONS, page_cursor: cursor, ...params }, { caller }) => {
      const filters = filtersOf(params)
      const query = ['/client_sessions/list', caller.workspaceId, filters] as const
      const { sessions, isCut } = await listClientSessions(
        db,
        {
          workspaceId: caller.workspaceId,
          filters,
          following: cursor ? followingOf(pageCursors.decode(query, cursor)) : undefined,
          // One more than asked for shows whether there is a next page.
          limit: limit + 1,
        },
        MAX_SESSIONS_BYTES,
      )
      const page = sessions.slice(0, limit)
      const last = isCut || sessions.length > limit ? page.at(-1) : undefined
      const next = last && pageCursors.encode(query, [last.createdAt ?? UNREADABLE, last.clientSessionId])
      const texts = page.map((session) => sessionText(session, caller, secrets))
      return { text: pageJson('client_sessions', texts, next ?? null) }
    },
  })
}

/** Stands in a cursor for a creation time that cannot be read. */
const UNREADABLE = 'unreadable'

function followingOf([createdAt, clientSessionId]: PagePosition): SessionPosition {
  return { createdAt: createdAt === UNREADABLE ? null : createdAt, clientSessionId }
}

interface FilterParams {
  client_session_id?: string | undefined
  connect_webview_id?: string | null | undefined
  user_identifier_key?: string | undefined
  user_identity_id?: string | null | undefined
  without_user_identifier_key?: boolean | undefined
}

function filtersOf(params: FilterParams): SessionFilter[] {
  const asked = {
    clientSessionId: params.client_session_id,
    connectWebviewId: params.connect_webview_id,
    userIdentifierKey: params.user_identifier_key,
    userIdentityId: params.user_identity_id,
  }
  return params.without_user_identifier_key === true ? [asked, { userIdentifierKey: null }] : [asked]
}
