import type { IncomingMessage } from 'node:http'
import { createAuthenticate } from '../../src/access/authenticate.ts'
import { issueKey, type KeyRequest } from '../../src/access/issue-key.ts'
import { sha256 } from '../../src/access/key-format.ts'
import { admitRecent } from '../../src/access/admit-recent.ts'
import { createRecentCallers, type Recall } from '../../src/access/recent-callers.ts'
import { createFailureBrake } from '../../src/access/slow-down-failures.ts'
import { parseEvent } from '../../src/domain/event.ts'
import { testAccess } from '../support/test-access.ts'
import { createAddressOf, type TrustProxy } from '../../src/http/address-of.ts'
import { createPageCursors } from '../../src/http/page-cursor.ts'
import { ingestBatch } from '../../src/ingest/ingest-batch.ts'
import { beginBrowserSession } from '../../src/access/begin-browser-session.ts'
import { endBrowserSession } from '../../src/access/end-browser-session.ts'
import { createBrowserSessionRoute } from '../../src/api/browser-sessions/create-browser-session-route.ts'
import { deleteBrowserSessionRoute } from '../../src/api/browser-sessions/delete-browser-session-route.ts'
import { getSessionRoute } from '../../src/api/client-sessions/get-session-route.ts'
import { getDeviceRoute } from '../../src/api/devices/get-device-route.ts'
import { listOutagesRoute } from '../../src/api/devices/list-outages-route.ts'
import { listDevicesRoute } from '../../src/api/devices/list-devices-route.ts'
import { exportEventsRoute } from '../../src/api/events/export-events-route.ts'
import { getEventRoute } from '../../src/api/events/get-event-route.ts'
import { listEventsRoute } from '../../src/api/events/list-events-route.ts'
import { searchEventsRoute } from '../../src/api/events/search-events-route.ts'
import { listNamesRoute } from '../../src/api/names/list-names-route.ts'
import { streamEventsRoute } from '../../src/api/events/stream-events-route.ts'
import { startFeeds } from '../../src/feed/start-feeds.ts'
import { STREAM_LIMITS } from '../../src/http/stream-limits.ts'
import { admitAuthenticated } from '../../src/http/admit.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'
import { queryTest } from '../support/query-test.ts'
import { statsRoute } from '../../src/api/stats/stats-route.ts'
import type { Db } from '../../src/store/database.ts'
import { getPageCursorKey } from '../../src/store/keys/get-page-cursor-key.ts'
import { openWorkspaces } from '../../src/workspaces/open-workspaces.ts'
import { pino } from 'pino'
import { serve } from '../http/serve.ts'
import { createTestDatabase } from '../support/test-database.ts'

export const BOOTSTRAP_KEY = 'seam_test1_abcdefghijkmnopqrstuvwxyz'
export const A = 'aaaaaaaa-0000-4000-8000-000000000001'
export const B = 'bbbbbbbb-0000-4000-8000-000000000002'

export interface SessionRow {
  workspaceId: string
  clientSessionId: string
  token: string
  connectedAccountIds: string[]
  connectWebviewIds: string[]
  userIdentityIds?: string[]
  /** When it expires, in seconds from now. Negative: it has expired. */
  expiresIn?: number
  deleted?: boolean
}

export interface AccessServer {
  url: string
  db: Db
  /** Every log line so far, parsed. */
  logs: Record<string, unknown>[]
  /** Milliseconds of every delay that failures were given, in order. */
  delays: number[]
  store: (workspaceId: string, events: readonly object[]) => Promise<void>
  issue: (request: Partial<KeyRequest>) => Promise<string>
  addSession: (session: SessionRow) => Promise<void>
  /** The caller that is remembered for these headers. */
  recall: (headers: Record<string, string>) => ReturnType<Recall>
  /** `/events/list` since the beginning of time, or another request. */
  ask: (headers: Record<string, string>, path?: string, body?: object) => Promise<Response>
  stop: () => Promise<void>
}

/** The endpoints of events and devices behind the real authentication, for two configured workspaces, A and B. Delays are noted, not waited for. */
export async function startAccessServer({
  workspaces: ids = [A, B],
  trustProxy = null,
  recheckMs = STREAM_LIMITS.recheckMs,
}: { workspaces?: string[]; trustProxy?: TrustProxy; recheckMs?: number } = {}): Promise<AccessServer> {
  const secrets = maskingSecrets()
  const database = await createTestDatabase()
  const db = database.open()
  const entries = ids.map((workspaceId, i) => ({ key: `w${i}`, workspaceId }))
  const workspaces = await openWorkspaces(db, entries, pino({ level: 'silent' }))
  const delays: number[] = []
  let nowMs = 0
  const brake = createFailureBrake({
    sleep: async (ms) => {
      delays.push(ms)
      nowMs += ms
    },
    monotonicMs: () => nowMs,
  })
  const recent = createRecentCallers(() => performance.now())
  const authenticate = createAuthenticate({
    db,
    workspaces,
    bootstrapKey: BOOTSTRAP_KEY,
    brake,
    recent,
    addressOf: createAddressOf(trustProxy),
  })
  const pageCursors = createPageCursors(await getPageCursorKey(db))
  const access = testAccess({
    authenticate,
    admit: admitRecent(admitAuthenticated(authenticate), recent.recall),
    streamLimits: { ...STREAM_LIMITS, recheckMs },
  })
  const options = { db, secrets, pageCursors }
  const feeds = startFeeds({
    db,
    logger: pino({ level: 'silent' }),
    monotonicMs: () => performance.now(),
  })
  const routes = [
    listEventsRoute(options),
    searchEventsRoute(options),
    getEventRoute(options),
    exportEventsRoute({ ...options, timeZone: 'UTC', sleep: async () => {} }),
    listDevicesRoute(options),
    getDeviceRoute(options),
    statsRoute({ db, timeZone: 'UTC' }),
    listOutagesRoute(options),
    listNamesRoute(options),
    getSessionRoute(options),
    createBrowserSessionRoute({
      beginBrowserSession: (request, caller) => beginBrowserSession(db, request, caller),
    }),
    deleteBrowserSessionRoute({ endBrowserSession: (request) => endBrowserSession(db, request) }),
    streamEventsRoute({
      ...options,
      feeds,
      translateError: () => null,
      monotonicMs: () => performance.now(),
    }),
  ]
  const server = await serve(routes, { access })
  return {
    url: server.url,
    logs: server.logs,
    db,
    delays,
    store: async (workspaceId, events) => {
      const items = events.map((event) => parseEvent(JSON.stringify(event), workspaceId))
      const { quarantined } = await ingestBatch(db, items, 'webhook', secrets)
      if (quarantined > 0) throw new Error('An event of this test is not usable.')
    },
    issue: async (request) => {
      const { key } = await issueKey(db, {
        kind: 'api_key',
        name: 'test',
        workspaceIds: [A],
        scopes: ['events:read'],
        expires: null,
        now: new Date(),
        ...request,
      })
      return key
    },
    addSession: async (session) => {
      await queryTest(
        db,
        `insert into client_session_syncs (workspace_id, outcome, succeeded_at) values ($1, 'complete', now()) on conflict do nothing`,
        [session.workspaceId],
      )
      await queryTest(
        db,
        `insert into client_sessions (workspace_id, client_session_id, token_sha256, connected_account_ids, connect_webview_ids, expires_at, deleted_at, user_identity_ids, body)
         values ($1, $2, case when $7 then null else $3::bytea end, $4, $5, now() + make_interval(secs => $6), case when $7 then now() end, $8, '{}')`,
        [
          session.workspaceId,
          session.clientSessionId,
          sha256(session.token),
          session.connectedAccountIds,
          session.connectWebviewIds,
          session.expiresIn ?? 3600,
          session.deleted ?? false,
          session.userIdentityIds ?? [],
        ],
      )
    },
    ask: (headers, path = '/events/list', body = { since: '0001-01-02', limit: 1000 }) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    recall: (headers) =>
      recent.recall({
        headers: { host: new URL(server.url).host, ...headers },
      } as unknown as IncomingMessage),
    stop: async () => {
      await server.stop(0)
      await feeds.stop()
      await database.drop()
    },
  }
}
