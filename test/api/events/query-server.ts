import { parseEvent } from '../../../src/domain/event.ts'
import { testAccess } from '../../support/test-access.ts'
import { createPageCursors } from '../../../src/http/page-cursor.ts'
import { ingestBatch } from '../../../src/ingest/ingest-batch.ts'
import { exportEventsRoute } from '../../../src/api/events/export-events-route.ts'
import { getEventRoute } from '../../../src/api/events/get-event-route.ts'
import { listEventsRoute } from '../../../src/api/events/list-events-route.ts'
import { searchEventsRoute } from '../../../src/api/events/search-events-route.ts'
import { statsRoute } from '../../../src/api/stats/stats-route.ts'
import type { Db } from '../../../src/store/database.ts'
import { getPageCursorKey } from '../../../src/store/keys/get-page-cursor-key.ts'
import { callerWithKey } from '../../http/caller-with-key.ts'
import { serve } from '../../http/serve.ts'
import { WORKSPACE_ID } from '../../support/sample-event.ts'
import { createTestDatabase } from '../../support/test-database.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'

export const API_KEY = 'seam_test1_abcdefghijkmnopqrstuvwxyz'

export interface QueryServer {
  url: string
  db: Db
  /** Stores events, as objects or as JSON texts. */
  store: (events: readonly (object | string)[], workspaceId?: string) => Promise<void>
  post: (path: string, body: unknown) => Promise<Response>
  get: (pathAndQuery: string) => Promise<Response>
  stop: () => Promise<void>
}

/** The event endpoints of one workspace, over HTTP, on a database of their own. */
export async function startQueryServer(): Promise<QueryServer> {
  const database = await createTestDatabase()
  const db = database.open()
  const pageCursors = createPageCursors(await getPageCursorKey(db))
  const authenticate = callerWithKey(API_KEY, {
    kind: 'key',
    keyId: 'seam_test1',
    workspaceId: WORKSPACE_ID,
    scopes: ['events:read'],
  })
  const secrets = maskingSecrets()
  const options = { db, secrets, pageCursors }
  const access = testAccess({ authenticate })
  const routes = [
    listEventsRoute(options),
    getEventRoute(options),
    exportEventsRoute({ ...options, timeZone: 'UTC', sleep: async () => {} }),
    searchEventsRoute(options),
    statsRoute({ db, timeZone: 'UTC' }),
  ]
  const server = await serve(routes, { access })
  const headers = { authorization: `Bearer ${API_KEY}` }
  return {
    url: server.url,
    db,
    store: async (events, workspaceId = WORKSPACE_ID) => {
      const texts = events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event)))
      const { quarantined } = await ingestBatch(
        db,
        texts.map((text) => parseEvent(text, workspaceId)),
        'webhook',
        secrets,
      )
      if (quarantined > 0) throw new Error('An event of this test is not usable.')
    },
    post: (path, body) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    get: (pathAndQuery) => fetch(server.url + pathAndQuery, { headers }),
    stop: async () => {
      await server.stop(0)
      await database.drop()
    },
  }
}

/** The ids in an answer of `/events/list`, in its order. */
export async function listedIds(response: Response): Promise<string[]> {
  const { events } = (await response.json()) as { events: { event_id: string }[] }
  return events.map((event) => event.event_id)
}
