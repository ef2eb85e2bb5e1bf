import { createAuthenticate } from '../src/access/authenticate.ts'
import { issueKey } from '../src/access/issue-key.ts'
import { admitRecent } from '../src/access/admit-recent.ts'
import { createRecentCallers } from '../src/access/recent-callers.ts'
import { createFailureBrake } from '../src/access/slow-down-failures.ts'
import { LIMITS } from '../src/app/limits.ts'
import { parseEvent } from '../src/domain/event.ts'
import { admitAuthenticated } from '../src/http/admit.ts'
import type { CallerAccess } from '../src/http/caller-access.ts'
import { createAddressOf } from '../src/http/address-of.ts'
import { createBodyReader } from '../src/http/create-body-reader.ts'
import { createHttpApp } from '../src/http/create-http-app.ts'
import type { Route } from '../src/http/route.ts'
import { startHttpServer } from '../src/http/start-http-server.ts'
import { STREAM_LIMITS } from '../src/http/stream-limits.ts'
import { type IngestItem, ingestInTransaction } from '../src/ingest/ingest-batch.ts'
import { createLogger } from '../src/observability/create-logger.ts'
import { sleep } from '../src/runtime/sleep.ts'
import { createGroupCommit } from '../src/receiver/group-commit.ts'
import { createVerifier } from '../src/receiver/verify-delivery.ts'
import { webhookRoutes } from '../src/receiver/webhook-route.ts'
import { migrate } from '../src/postgres/migrate.ts'
import { openDatabase } from '../src/postgres/open-database.ts'
import { sealingSecrets } from '../src/secrets/sealing-secrets.ts'
import type { Secrets } from '../src/secrets/secrets.ts'
import type { Db } from '../src/store/database.ts'
import { type Workspaces, openWorkspaces } from '../src/workspaces/open-workspaces.ts'

/*
 * Every part of the service that the benchmark uses directly, besides starting the service itself. When the service's insides
 * change, this is the file to adapt.
 */

/** The workspace of every benchmark. */
export const WORKSPACE_ID = 'b887bf84-9849-4454-a562-cf84293d9781'

/** A pool like the service's, with as many connections as asked for. */
export function openPool(databaseUrl: string, maxConnections: number): Db {
  return openDatabase({
    connectionString: databaseUrl,
    maxConnections,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 60_000,
    onIdleError: () => {},
    onRefusedSettings: () => {},
    onLossyCommits: () => {},
    maxWaiting: 1_000,
  })
}

export async function migrateDatabase(databaseUrl: string): Promise<void> {
  const db = openPool(databaseUrl, 1)
  await migrate(db)
  await db.destroy()
}

/** A key for the read API, stored as the `keys` command would. */
export async function issueReadKey(databaseUrl: string): Promise<string> {
  const db = openPool(databaseUrl, 1)
  const { key } = await issueKey(db, {
    kind: 'api_key',
    name: 'bench',
    workspaceIds: [WORKSPACE_ID],
    scopes: ['events:read'],
    expires: null,
    now: new Date(),
    // The dataset exists before a service that knows its workspace.
    mayBeUnknown: true,
  })
  await db.destroy()
  return key
}

/** The key of every benchmark's service. */
export const SECRETS_KEY = Buffer.alloc(32, 7)

/** Seals PINs, as a service with a key does. */
export function openBenchSecrets(): Secrets {
  return sealingSecrets([SECRETS_KEY])
}

/** Stores one page as the poller stores an answer's texts: in a transaction, but without lease and coverage. */
export async function ingestPage(db: Db, secrets: Secrets, texts: readonly string[]): Promise<void> {
  const items = texts.map((text) => parseEvent(text, WORKSPACE_ID))
  const { quarantined } = await db
    .transaction()
    .execute((trx) => ingestInTransaction(trx, items, 'poll', secrets))
  if (quarantined > 0) throw new Error('An event of the benchmark is not usable.')
}

/** The service's receiver, with a commit that does nothing. */
export async function startReceiverWithoutDatabase(webhookSecret: string): Promise<void> {
  const commit = createGroupCommit<IngestItem>({
    flush: async () => {},
    maxFlushes: LIMITS.webhookFlushes,
    maxWaitMs: LIMITS.webhookWaitMs,
    monotonicMs: () => performance.now(),
    maxBatchItems: LIMITS.webhookBatchItems,
    maxWaitingItems: LIMITS.webhookWaitingItems,
    maxWaitingBytes: LIMITS.webhookWaitingBytes,
  })
  const endpoints = [{ workspaceKey: 'default', verify: createVerifier([webhookSecret]) }]
  await startService(
    webhookRoutes({
      endpoints,
      workspaces: oneWorkspace(),
      commit,
      readBody: createBodyReader(),
      refused: () => {},
    }),
  )
}

/** Listens with the service's own HTTP stack and log, and with these routes. */
export async function startService(routes: readonly Route[], access?: CallerAccess): Promise<void> {
  const logger = createLogger('info')
  const server = await startHttpServer({
    app: createHttpApp({ logger, routes, access: access ?? null }),
    host: '127.0.0.1',
    port: 0,
  })
  logger.info({ url: server.url }, 'listening')
}

/** What stands around the routes for callers, as in the service, but without turns. */
export async function openAccess(db: Db): Promise<CallerAccess> {
  const entries = [{ key: 'default', workspaceId: WORKSPACE_ID }]
  const workspaces = await openWorkspaces(db, entries, createLogger('silent'))
  const brake = createFailureBrake({ sleep, monotonicMs: () => performance.now() })
  const recent = createRecentCallers(() => performance.now())
  const authenticate = createAuthenticate({
    db,
    workspaces,
    bootstrapKey: null,
    brake,
    recent,
    addressOf: createAddressOf(null),
  })
  return {
    authenticate,
    admit: admitRecent(admitAuthenticated(authenticate), recent.recall),
    readBody: createBodyReader(),
    share: (_caller, work) => work(),
    stopping: new AbortController().signal,
    streamLimits: STREAM_LIMITS,
  }
}

function oneWorkspace(): Workspaces {
  const workspace = { key: 'default', id: WORKSPACE_ID, learnedFrom: 'configured' as const }
  return { all: () => [workspace], byKey: () => workspace, learn: async () => WORKSPACE_ID }
}
