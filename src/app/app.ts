import type { RequestListener } from 'node:http'
import type { Logger } from 'pino'
import { canReceive } from '../config/can-receive.ts'
import type { Config, WorkspaceConfig } from '../config/config.ts'
import { livezRoute } from '../api/health/livez-route.ts'
import { type AddressOf, createAddressOf } from '../http/address-of.ts'
import { createBodyReader } from '../http/create-body-reader.ts'
import { createHttpApp } from '../http/create-http-app.ts'
import { createPageCursors } from '../http/page-cursor.ts'
import { startHttpServer } from '../http/start-http-server.ts'
import { serviceUnavailable } from '../http/to-api-error.ts'
import { useProxy } from '../seam/use-proxy.ts'
import type { Db } from '../store/database.ts'
import { getPageCursorKey } from '../store/keys/get-page-cursor-key.ts'
import { openAccess } from './open-access.ts'
import { openSecrets } from './open-secrets.ts'
import { openFeeds } from './open-feeds.ts'
import { openReceiver } from './open-receiver.ts'
import { LIMITS } from './limits.ts'
import { openStore } from './open-store.ts'
import { Releasers } from '../runtime/releasers.ts'
import { reportSettings } from './report-settings.ts'
import { createRoutes } from './routes.ts'
import { type Jobs, startJobs } from './start-jobs.ts'
import { translateError } from './translate-error.ts'
import { type Workspaces, openWorkspaces } from '../workspaces/open-workspaces.ts'

export interface App extends Jobs {
  url: string
  port: number
  db: Db
  workspaces: Workspaces
  /** Stops taking work, commits and answers what is under way, then closes everything (I14). Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Builds the whole service and starts it; the only file that knows all parts. The port opens before anything else: until the database
 * is reachable and migrated, `/livez` is answered and everything else gets 503; then the same server serves. When a step fails, the
 * steps before it are undone and the error says why. The signal aborts a start that still waits for its database.
 */
export async function startApp(config: Config, logger: Logger, signal?: AbortSignal): Promise<App> {
  const releasers = new Releasers()
  try {
    const useNoProxy = useProxy(config)
    releasers.add(async () => useNoProxy())
    for (const note of config.notes) logger.info(note)
    for (const warning of config.warnings) logger.warn(warning)
    // These parts outlive the requests that use them, so they are released after the port.
    const behindPort = new Releasers()
    releasers.add(() => behindPort.release())
    const corsOrigins = config.corsOrigins ?? []
    const addressOf = createAddressOf(config.trustProxy)
    // Seam gets an answer that it understands, and a supervisor sees that the service is alive.
    let answer = createHttpApp({
      logger,
      addressOf,
      routes: [livezRoute],
      elsewhere: () => serviceUnavailable('The service is starting: it waits for its database'),
      corsOrigins,
    })
    const stopping = new AbortController()
    const server = await startHttpServer({
      app: (request, response) => answer(request, response),
      host: config.host ?? undefined,
      port: config.port,
    })
    releasers.add(async () => {
      stopping.abort()
      const { cutOff } = await server.stop(LIMITS.stopGraceMs)
      if (cutOff > 0) logger.warn({ cutOff }, 'requests were cut off')
    })
    logger.info({ url: server.url }, 'the port is open; requests are refused until the database is there')

    const { httpApp, ...parts } = await openParts({
      config,
      logger,
      addressOf,
      releasers: behindPort,
      signal,
      stopping: stopping.signal,
    })
    answer = httpApp
    logger.info({ url: server.url }, 'listening')
    return { url: server.url, port: server.port, ...parts, stop: () => releasers.release() }
  } catch (error) {
    await releasers.release()
    throw error
  }
}

interface PartsOptions {
  config: Config
  logger: Logger
  addressOf: AddressOf
  releasers: Releasers
  /** Aborts a start that still waits. */
  signal: AbortSignal | undefined
  /** Aborts when the service begins to stop. */
  stopping: AbortSignal
}

/** Opens everything behind the port: the store, the jobs, and what answers requests. */
async function openParts({
  config,
  logger,
  addressOf,
  releasers,
  signal,
  stopping,
}: PartsOptions): Promise<Omit<App, 'url' | 'port' | 'stop'> & { httpApp: RequestListener }> {
  const store = await openStore(config, logger, releasers, { signal })
  const webhookDb = store.open('webhooks')
  const jobsDb = store.open('jobs')
  const db = store.open('queries')
  const entries = config.workspaces.map(({ key, workspaceId }) => ({ key, workspaceId }))
  const workspaces = await store.whenReachable(() => openWorkspaces(webhookDb, entries, logger))

  const secrets = await openSecrets(config, { mayMakeKey: true })
  const pageCursors = createPageCursors(await store.whenReachable(() => getPageCursorKey(db)))

  const feeds = openFeeds(store, logger, releasers)
  const noteStored = feeds.stored
  const receiver = openReceiver({ config, webhookDb, jobsDb, secrets, logger, releasers, noteStored })
  const { noteQuarantined, isReceiving } = receiver
  const common = { config, secrets, workspaces, logger, releasers }
  const jobs = startJobs({ ...common, db: jobsDb, noteQuarantined, isReceiving })

  const readBody = createBodyReader()
  const access = openAccess({
    keysDb: store.open('keys'),
    workspaces,
    bootstrapKey: config.mirrorApiKey,
    addressOf,
    readBody,
    stopping,
  })
  const routes = createRoutes({
    db,
    healthDb: store.open('health'),
    secrets,
    pageCursors,
    feeds,
    webhooks: { ...receiver.routeParts, workspaces, readBody },
    settingsOf: (id) => reportSettings(config, keyOf(workspaces, id)),
    pendingRefusals: receiver.pendingRefusals,
    polledWorkspaceIds: () => polledIds(config.workspaces, workspaces),
    canReceive: canReceive(config.workspaces),
    timeZone: config.timeZone,
  })
  const httpApp = createHttpApp({
    logger,
    addressOf,
    routes,
    access,
    corsOrigins: config.corsOrigins ?? [],
    translateError,
  })
  return { httpApp, db, workspaces, ...jobs }
}

function keyOf(workspaces: Workspaces, workspaceId: string): string {
  return workspaces.all().find(({ id }) => id === workspaceId)?.key ?? ''
}

function polledIds(entries: readonly WorkspaceConfig[], workspaces: Workspaces): string[] {
  return entries
    .filter(({ credentials }) => credentials !== null)
    .flatMap(({ key }) => workspaces.byKey(key).id ?? [])
}
