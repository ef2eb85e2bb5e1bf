import { beginBrowserSession } from '../access/begin-browser-session.ts'
import { endBrowserSession } from '../access/end-browser-session.ts'
import { createBrowserSessionRoute } from '../api/browser-sessions/create-browser-session-route.ts'
import { deleteBrowserSessionRoute } from '../api/browser-sessions/delete-browser-session-route.ts'
import { getSessionRoute } from '../api/client-sessions/get-session-route.ts'
import { listSessionsRoute } from '../api/client-sessions/list-sessions-route.ts'
import { coverageRoute, type CoverageRouteOptions } from '../api/coverage/coverage-route.ts'
import { getDeviceRoute } from '../api/devices/get-device-route.ts'
import { listOutagesRoute } from '../api/devices/list-outages-route.ts'
import { listDevicesRoute } from '../api/devices/list-devices-route.ts'
import { exportEventsRoute } from '../api/events/export-events-route.ts'
import { getEventRoute } from '../api/events/get-event-route.ts'
import { listEventsRoute } from '../api/events/list-events-route.ts'
import { streamEventsRoute } from '../api/events/stream-events-route.ts'
import { searchEventsRoute } from '../api/events/search-events-route.ts'
import { livezRoute } from '../api/health/livez-route.ts'
import { readyzRoute, type ReadyzOptions } from '../api/health/readyz-route.ts'
import { listNamesRoute } from '../api/names/list-names-route.ts'
import { rootRoute } from '../api/root/root-route.ts'
import { statsRoute } from '../api/stats/stats-route.ts'
import { getWorkspaceRoute } from '../api/workspaces/get-workspace-route.ts'
import type { Feeds } from '../feed/start-feeds.ts'
import type { PageCursors } from '../http/page-cursor.ts'
import type { Route } from '../http/route.ts'
import { type WebhookRouteOptions, webhookRoutes } from '../receiver/webhook-route.ts'
import { sleep } from '../runtime/sleep.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { Db } from '../store/database.ts'
import { translateError } from './translate-error.ts'

export interface RouteParts
  extends Omit<CoverageRouteOptions, 'db'>, Pick<ReadyzOptions, 'polledWorkspaceIds' | 'canReceive'> {
  /** For queries. */
  db: Db
  healthDb: Db
  secrets: Secrets
  pageCursors: PageCursors
  feeds: Feeds
  webhooks: WebhookRouteOptions
  timeZone: string
}

/** The table of routes: everything that the service answers. A new route is one row here. */
export function createRoutes({ db, healthDb, webhooks, ...parts }: RouteParts): Route[] {
  const routes = [
    ...webhookRoutes(webhooks),
    listEventsRoute({ db, ...parts }),
    getEventRoute({ db, ...parts }),
    searchEventsRoute({ db, ...parts }),
    exportEventsRoute({ db, ...parts, sleep }),
    statsRoute({ db, ...parts }),
    streamEventsRoute({ db, ...parts, translateError, monotonicMs: () => performance.now() }),
    listSessionsRoute({ db, ...parts }),
    getSessionRoute({ db, ...parts }),
    getWorkspaceRoute({ db }),
    listDevicesRoute({ db, ...parts }),
    getDeviceRoute({ db }),
    listOutagesRoute({ db, ...parts }),
    listNamesRoute({ db, ...parts }),
    createBrowserSessionRoute({
      beginBrowserSession: (request, caller) => beginBrowserSession(db, request, caller),
    }),
    deleteBrowserSessionRoute({ endBrowserSession: (request) => endBrowserSession(db, request) }),
    coverageRoute({ db, ...parts }),
    livezRoute,
    readyzRoute({ db: healthDb, ...parts, monotonicMs: () => performance.now() }),
  ]
  return [...routes, rootRoute(routes)]
}
