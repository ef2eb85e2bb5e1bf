import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { startApp, type App } from '../app/app.ts'
import { parseConfig } from '../config/parse-config.ts'
import { createLogger } from '../observability/create-logger.ts'
import { stopOnSignal } from '../runtime/stop-on-signal.ts'
import { Releasers } from '../runtime/releasers.ts'
import { rememberDemo } from './running-demo.ts'
import { type SimulatedSeam, startSimulatedSeam } from '../simulated-seam/start-simulated-seam.ts'
import { readPathCounts } from '../store/events/read-path-counts.ts'
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts'
import { readPollLag } from '../store/runs/read-poll-lag.ts'

/*
 * `npm run demo`: an embedded Postgres, a simulated Seam workspace that lists events and pushes them, and the service between
 * them. It needs no account, no Docker and no database, and leaves nothing behind.
 */

const HISTORY_EVENTS = 3000
const HISTORY_DAYS = 7
const EVENTS_PER_SECOND = 2
/** A quarter of the pushes is lost, as in a bad network; the poller brings those events. */
const DROP_RATE = 0.25
const STATUS_EVERY_MS = 10_000
const DAY_MS = 86_400_000

const releasers = new Releasers()
const stopping = new AbortController()
const say = (line = '') => console.log(line)

async function start(): Promise<{ app: App; seam: SimulatedSeam; key: string }> {
  stopping.signal.throwIfAborted()
  const startedAt = Date.now()
  const postgres = await startEmbeddedPostgres({ signal: stopping.signal })
  releasers.add(() => postgres.stop())
  stopping.signal.throwIfAborted()

  const seam = await startSimulatedSeam({
    seed: randomBytes(4).readUInt32LE(),
    faults: { dropRate: DROP_RATE },
  })
  releasers.add(() => seam.stop())
  seam.fill({ count: HISTORY_EVENTS, from: startedAt - HISTORY_DAYS * DAY_MS, to: startedAt })

  const key = `seam_demo_${randomBytes(18).toString('hex')}`
  const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`
  const environment = {
    HOST: '127.0.0.1',
    DATABASE_URL: postgres.url,
    SEAM_ENDPOINT: seam.url,
    SEAM_API_KEY: seam.apiKey,
    SEAM_WEBHOOK_SECRET: webhookSecret,
    SEAM_MIRROR_API_KEY: key,
    SEAM_MIRROR_SECRETS_KEY: randomBytes(32).toString('base64'),
    SEAM_MIRROR_POLL_SCHEDULE: '*/5 * * * * *',
    // The simulated Seam shows its events at once. The real one gets five minutes.
    SEAM_MIRROR_SETTLE_SECONDS: '10',
    SEAM_MIRROR_BACKFILL_SINCE: `${HISTORY_DAYS}d`,
  }
  const app = await startOnFreePort(environment)
  releasers.add(() => app.stop())
  releasers.add(await rememberDemo(process.env.SEAM_MIRROR_DATA_DIR || '.data', environment))
  seam.setWebhooks([{ url: `${app.url}/webhooks/seam`, secret: webhookSecret }])
  seam.startTraffic({ eventsPerSecond: EVENTS_PER_SECOND })
  // So that the line to paste finds events as soon as it is shown.
  await app.pollers[0]?.pollNow()
  return { app, seam, key }
}

/** Listens on PORT (3000), or on a free port when that one is taken. */
async function startOnFreePort(environment: Record<string, string>): Promise<App> {
  const logger = createLogger(process.env.LOG_LEVEL ?? 'silent')
  const wanted = process.env.PORT ?? '3000'
  try {
    return await startApp(parseConfig({ ...environment, PORT: wanted }), logger, stopping.signal)
  } catch (error) {
    if (!isAddressInUse(error)) throw error
    say(`Port ${wanted} is taken; using a free one.`)
    return startApp(parseConfig({ ...environment, PORT: '0' }), logger, stopping.signal)
  }
}

function isAddressInUse(error: unknown): boolean {
  const codes =
    error instanceof Error
      ? [error, error.cause].map((each) => (each as { code?: unknown } | undefined)?.code)
      : []
  return codes.includes('EADDRINUSE')
}

async function statusLine({ app, seam }: { app: App; seam: SimulatedSeam }): Promise<string> {
  const { webhookOnly, pollOnly, both } = await readPathCounts(app.db, seam.workspaceId)
  const [lag] = await readPollLag(app.db, [seam.workspaceId])
  const total = webhookOnly + pollOnly + both
  const covered = lag?.coveredTo
    ? `complete to ${lag.coveredTo.slice(11, 19)} (${lag.lagSeconds?.toFixed(0)} s ago)`
    : 'nothing proven yet'
  const upstream = seam.events().length
  return (
    `${new Date().toISOString().slice(11, 19)}  ${total} of ${upstream} events: ${both} by both paths, ` +
    `${webhookOnly} by webhook only, ${pollOnly} by poll only; ${covered}`
  )
}

function introduce({ app, seam, key }: { app: App; seam: SimulatedSeam; key: string }): void {
  const since = new Date(Date.now() - HISTORY_DAYS * DAY_MS).toISOString()
  say()
  say('seam-mirror is running against a simulated Seam workspace: a small hotel whose events are')
  say(
    `pushed and listed. ${DROP_RATE * 100} % of the pushes are lost on purpose; polling brings those events.`,
  )
  say()
  say(`  read API       ${app.url}        key ${key}`)
  say(`  webhooks       ${app.url}/webhooks/seam`)
  say(`  health         ${app.url}/readyz`)
  say(`  simulated Seam ${seam.url}`)
  say()
  say('Try it:')
  say()
  say(`  curl -s '${app.url}/events/list?since=${since}&limit=3' -H 'Authorization: Bearer ${key}'`)
  say()
  say('  npx seam-mirror status')
  say()
  say('Ctrl-C stops everything.')
  say()
}

let started: ReturnType<typeof start> | null = null
stopOnSignal(async () => {
  say('Stopping…')
  stopping.abort()
  await started?.catch(() => {})
  await releasers.release()
})
// Lets a signal that came while the modules were loading be delivered before anything is started.
await setImmediate()
try {
  started = start()
  const running = await started
  introduce(running)
  setInterval(() => {
    statusLine(running).then(say, (error: Error) => say(`No status: ${error.message}`))
  }, STATUS_EVERY_MS).unref()
} catch (error) {
  // A start that a signal interrupted has not failed.
  if (!stopping.signal.aborted) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
  await releasers.release().catch(() => {})
}
