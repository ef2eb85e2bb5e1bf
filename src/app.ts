import type { Logger } from 'pino'
import type { Config, WorkspaceConfig } from './config/config.ts'
import { healthRoutes } from './health/health-routes.ts'
import { authenticateWithBootstrapKey } from './http/authenticate.ts'
import { createHttpApp } from './http/create-http-app.ts'
import { startHttpServer } from './http/start-http-server.ts'
import { serviceUnavailable } from './http/to-api-error.ts'
import { type IngestItem, ingestBatch } from './ingest/ingest-batch.ts'
import { type Poller, startPoller } from './poller/start-poller.ts'
import { eventRoutes } from './query/event-routes.ts'
import { createGroupCommit } from './receiver/group-commit.ts'
import { createVerifier } from './receiver/verify-delivery.ts'
import { webhookRoutes } from './receiver/webhook-routes.ts'
import { openSeamClient } from './seam/open-seam-client.ts'
import type { Db } from './store/open-database.ts'
import { isDatabaseAway } from './store/postgres-errors.ts'
import { sleep } from './observability/sleep.ts'
import { openStore } from './open-store.ts'
import { Releasers } from './releasers.ts'
import { type Workspaces, openWorkspaces } from './workspaces/open-workspaces.ts'

/** What the service allows itself (I12); towards the database in open-store.ts, for requests in the http folder. */
export const LIMITS = {
  webhookBatchItems: 1_000,
  webhookWaitingItems: 20_000,
  webhookWaitingBytes: 64 * 1024 * 1024,
  seamTimeoutMs: 30_000,
  /** For requests under way when the service is told to stop. */
  stopGraceMs: 5_000,
} as const

export interface App {
  url: string
  port: number
  db: Db
  workspaces: Workspaces
  pollers: readonly Poller[]
  /** I14: no new work, what is under way is committed and answered, everything is closed. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Builds the whole service and starts it; the only file that knows all parts. When a step fails, the steps before it are undone
 * and the error says why.
 */
export async function startApp(config: Config, logger: Logger): Promise<App> {
  const releasers = new Releasers()
  try {
    for (const warning of config.warnings) logger.warn(warning)
    const { db } = await openStore(config, logger, releasers)
    const entries = config.workspaces.map(({ key, workspaceId }) => ({ key, workspaceId }))
    const workspaces = await openWorkspaces(db, entries, logger)

    const commit = createGroupCommit<IngestItem>({
      flush: async (items) => {
        await ingestBatch(db, items, 'webhook')
      },
      maxBatchItems: LIMITS.webhookBatchItems,
      maxWaitingItems: LIMITS.webhookWaitingItems,
      maxWaitingBytes: LIMITS.webhookWaitingBytes,
    })
    releasers.add(() => commit.drain())
    const pollers = startPollers(config, db, workspaces, logger, releasers)

    const endpoints = config.workspaces
      .filter(({ webhookSecrets }) => webhookSecrets.length > 0)
      .map(({ key, webhookSecrets }) => ({ workspaceKey: key, verify: createVerifier(webhookSecrets) }))
    const authenticate = authenticateWithBootstrapKey({
      key: config.mirrorApiKey ?? undefined,
      resolveWorkspace: (headerId) => resolveWorkspace(workspaces, headerId),
      logger,
    })
    const app = createHttpApp({
      logger,
      routers: [
        webhookRoutes({ endpoints, workspaces, commit }),
        eventRoutes({ db, authenticate }),
        healthRoutes({ db, polledWorkspaceIds: () => polledIds(config.workspaces, workspaces) }),
      ],
      translateError: (error) =>
        isDatabaseAway(error) ? serviceUnavailable('The database can not be reached right now', error) : null,
    })
    const server = await startHttpServer({ app, host: config.host, port: config.port })
    releasers.add(async () => {
      const { cutOff } = await server.stop(LIMITS.stopGraceMs)
      if (cutOff > 0) logger.warn({ cutOff }, 'requests were cut off')
    })
    logger.info({ url: server.url }, 'listening')
    return { url: server.url, port: server.port, db, workspaces, pollers, stop: () => releasers.release() }
  } catch (error) {
    await releasers.release()
    throw error
  }
}

function startPollers(
  config: Config,
  db: Db,
  workspaces: Workspaces,
  logger: Logger,
  releasers: Releasers,
): Poller[] {
  return config.workspaces.flatMap(({ key, credentials }) => {
    if (credentials === null) return []
    const poller = startPoller({
      db,
      client: openSeamClient({ endpoint: config.seamEndpoint, credentials, timeoutMs: LIMITS.seamTimeoutMs }),
      workspaces,
      workspaceKey: key,
      schedule: config.pollSchedule,
      settleSeconds: config.settleSeconds,
      backfillSince: config.backfillSince,
      logger: logger.child({ workspace: key }),
      waiting: { sleep, random: Math.random },
    })
    releasers.add(() => poller.stop())
    return [poller]
  })
}

/** The bootstrap key may name any configured workspace; without a name, it means the only one. */
function resolveWorkspace(workspaces: Workspaces, headerId: string | undefined): string | null {
  const ids = workspaces.all().flatMap(({ id }) => id ?? [])
  if (headerId !== undefined) return ids.find((id) => id === headerId.toLowerCase()) ?? null
  return workspaces.all().length === 1 ? (ids[0] ?? null) : null
}

function polledIds(entries: readonly WorkspaceConfig[], workspaces: Workspaces): string[] {
  return entries
    .filter(({ credentials }) => credentials !== null)
    .flatMap(({ key }) => workspaces.byKey(key).id ?? [])
}
