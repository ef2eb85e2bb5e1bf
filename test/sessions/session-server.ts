import type { IncomingMessage } from 'node:http'
import type { Caller, ClientSessionCaller, KeyCaller, Scope } from '../../src/domain/caller.ts'
import { createLogger } from '../../src/observability/create-logger.ts'
import type { Secrets } from '../../src/secrets/secrets.ts'
import { getSessionRoute } from '../../src/api/client-sessions/get-session-route.ts'
import { listSessionsRoute } from '../../src/api/client-sessions/list-sessions-route.ts'
import { getWorkspaceRoute } from '../../src/api/workspaces/get-workspace-route.ts'
import type { Db } from '../../src/store/database.ts'
import { openWorkspaces } from '../../src/workspaces/open-workspaces.ts'
import { serve } from '../http/serve.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { applySessions } from './apply-sessions.ts'
import type { SampleSession } from './sample-session.ts'
import { testAccess } from '../support/test-access.ts'
import { createPageCursors } from '../../src/http/page-cursor.ts'
import { getPageCursorKey } from '../../src/store/keys/get-page-cursor-key.ts'

export interface SessionServer {
  url: string
  db: Db
  /** A credential for this caller; every credential is accepted that was given out. */
  credentialOf: (caller: Caller) => string
  /** Makes these (objects, or exact texts) all the sessions of a workspace. */
  store: (sessions: readonly (object | string)[], workspaceId?: string) => Promise<void>
  get: (pathAndQuery: string, credential?: string) => Promise<Response>
  post: (path: string, body: unknown, credential?: string) => Promise<Response>
  stop: () => Promise<void>
}

export function keyCaller(scopes: readonly Scope[], workspaceId = WORKSPACE_ID): KeyCaller {
  return { kind: 'key', keyId: 'seam_test', workspaceId, scopes }
}

export function sessionCaller(session: SampleSession): ClientSessionCaller {
  const { client_session_id: clientSessionId, token } = session
  return {
    kind: 'client_session',
    workspaceId: WORKSPACE_ID,
    clientSessionId,
    token,
    connectedAccountIds: [],
    userIdentityIds: [],
    connectWebviewIds: [],
  }
}

/** The session endpoints over HTTP, on a database of their own. Without a credential, requests come with a reading key. */
export async function startSessionServer(secrets: Secrets): Promise<SessionServer> {
  const database = await createTestDatabase()
  const db = database.open()
  await openWorkspaces(db, [{ key: 'default', workspaceId: WORKSPACE_ID }], createLogger('silent'))
  const callers = new Map<string, Caller>()
  const credentialOf = (caller: Caller): string => {
    const token = caller.kind === 'key' ? null : caller.token
    const credential = token ?? `seam_test${callers.size}_key`
    callers.set(credential, caller)
    return credential
  }
  const reader = credentialOf(keyCaller(['client_sessions:read']))
  const authenticate = ({ headers }: IncomingMessage) =>
    callers.get(headers.authorization?.replace('Bearer ', '') ?? '') ?? null
  const pageCursors = createPageCursors(await getPageCursorKey(db))
  const options = { db, secrets, pageCursors }
  const routes = [listSessionsRoute(options), getSessionRoute(options), getWorkspaceRoute(options)]
  const server = await serve(routes, { access: testAccess({ authenticate }) })
  return {
    url: server.url,
    db,
    credentialOf,
    store: async (sessions, workspaceId = WORKSPACE_ID) => {
      // Twice, because a listing that lacks most of what was there is not believed at once.
      for (let i = 0; i < 2; i++) await applySessions(db, secrets, sessions, { workspaceId })
    },
    get: (pathAndQuery, credential = reader) =>
      fetch(server.url + pathAndQuery, { headers: bearer(credential) }),
    post: (path, body, credential = reader) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { ...bearer(credential), 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    stop: async () => {
      await server.stop(0)
      await database.drop()
    },
  }
}

function bearer(credential: string): { authorization: string } {
  return { authorization: `Bearer ${credential}` }
}

export async function listedIds(response: Response): Promise<string[]> {
  const { client_sessions: sessions } = (await response.json()) as { client_sessions: SampleSession[] }
  return sessions.map((session) => session.client_session_id)
}
