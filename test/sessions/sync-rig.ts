import { setImmediate } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { createLogger } from '../../src/observability/create-logger.ts'
import { sealingSecrets } from '../../src/secrets/sealing-secrets.ts'
import type { Secrets } from '../../src/secrets/secrets.ts'
import { openSeamClient } from '../../src/seam/open-seam-client.ts'
import {
  type SessionSync,
  type SessionSyncOptions,
  startSessionSync,
} from '../../src/sessions/start-session-sync.ts'
import { queryTest } from '../support/query-test.ts'
import type { Db } from '../../src/store/database.ts'
import { openWorkspaces } from '../../src/workspaces/open-workspaces.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { NEVER } from '../support/start-test-app.ts'

export const SECRETS: Secrets = sealingSecrets([Buffer.alloc(32, 7)])

export interface StartedSync extends SessionSync {
  /** Log lines so far. */
  logs: string[]
}

/** A sync of the test workspace that runs at once and then only when told to; it is stopped when the test ends. */
export async function startSync(
  db: Db,
  seamUrl: string,
  changes: Partial<SessionSyncOptions> & { apiKey?: string } = {},
): Promise<StartedSync> {
  const logs: string[] = []
  const logger = createLogger('debug', { write: (line) => void logs.push(line) })
  const { apiKey = 'seam_test1_of_the_upstream', ...options } = changes
  const sync = startSessionSync({
    db,
    client: openSeamClient({
      endpoint: seamUrl,
      credentials: { kind: 'api_key', apiKey },
      timeoutMs: 120_000,
    }),
    workspaces: await openWorkspaces(db, [{ key: 'default', workspaceId: WORKSPACE_ID }], logger),
    workspaceKey: 'default',
    schedule: NEVER,
    secrets: SECRETS,
    logger,
    // Lets sockets and the database go on, but costs no time.
    waiting: { sleep: () => setImmediate(), random: () => 0.5 },
    ...options,
  })
  onTestFinished(() => sync.stop())
  return Object.assign(sync, { logs })
}

export interface SessionRow {
  id: string
  isDeleted: boolean
  body: string | null
  hasToken: boolean
  /** Changes whenever the row is written. */
  version: string
}

export function sessionRows(db: Db, workspaceId = WORKSPACE_ID): Promise<SessionRow[]> {
  return queryTest<SessionRow>(
    db,
    `select client_session_id as id, deleted_at is not null as "isDeleted", body,
      token_sha256 is not null and token_sealed is not null as "hasToken", xmin::text || ctid::text as version
     from client_sessions where workspace_id = $1 order by client_session_id`,
    [workspaceId],
  )
}

/** The ids of the sessions that count as there. */
export async function liveIds(db: Db): Promise<string[]> {
  return (await sessionRows(db)).filter(({ isDeleted }) => !isDeleted).map(({ id }) => id)
}

export async function syncRecord(db: Db): Promise<Record<string, unknown> | undefined> {
  const [row] = await queryTest<Record<string, unknown>>(
    db,
    `select outcome, error, failures, sessions_listed as listed, succeeded_at is not null as "hasSucceeded"
     from client_session_syncs where workspace_id = $1`,
    [WORKSPACE_ID],
  )
  return row
}
