import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { issueKey } from '../../src/access/issue-key.ts'
import {
  type Faults,
  type SimulatedSeam,
  startSimulatedSeam,
} from '../../src/simulated-seam/start-simulated-seam.ts'
import { noFaults } from '../../src/simulated-seam/faults.ts'
import { openTestPool } from '../support/open-test-pool.ts'
import { type Balancer, startBalancer } from './balancer.ts'
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts'
import { Findings } from './findings.ts'
import { type LabPostgres, retried } from './lab-postgres.ts'
import { MIRROR_API_KEY, NEW_SECRET, OLD_SECRET } from './keys.ts'
import { type Held, hold, labSession } from './lab-session.ts'
import { Ledger } from './ledger.ts'
import type { Ports } from './ports.ts'
import { Replica } from './replica.ts'
import type { RoundPlan } from './schedule.ts'
import { startVitals, type Vitals } from './vitals.ts'
import { startWatch, type Watch } from './watch.ts'

const HOUR_MS = 3_600_000
/** Shortens Svix's 27.6 hours of retries: all eight attempts are made within three seconds. */
const RETRY_TIME_SCALE = 0.00003

/** Everything that one round uses: Seam, the load balancer, the service's processes, their connections to Postgres, and the observers. */
export interface Rig {
  plan: RoundPlan
  findings: Findings
  seam: SimulatedSeam
  /** Seam's faults by the round's traits. They apply while no fault of the moment does. */
  calmFaults: Faults
  ledger: Ledger
  balancer: Balancer
  postgres: LabPostgres
  databaseUrl: string
  replicas: readonly Replica[]
  watch: Watch
  vitals: Vitals
  /** A key of the read API for the greedy readers; it may read secrets, too. */
  readerKey: string
  /** Where the backfill begins, in Unix milliseconds by Seam's clock. */
  sinceMs: number
  /** How many faults of processes and of Postgres have begun so far, and how many are active. */
  troubles: { begun: number; on: number }
  /** How many active faults may make a start fail. */
  databaseTroubles: number
  /** True when the poller may sleep for long. Its process is then started again after the faults. */
  restartAtEnd: boolean
  /** How the audits of this round ended. */
  audits: ('clean' | 'found')[]
  /** When the traffic ended, in Unix milliseconds by Seam's clock. */
  trafficEndedMs: number
  /** How far coverage must reach at the end, in the same unit. Nothing proves time beyond the database's clock. */
  coverableMs: number
  migrations: number
  migration: Promise<Held | null> | null
  /** Unix milliseconds by Seam's clock. */
  seamNow: () => number
  proxyOf(replica: Replica): DatabaseProxy
  /** Runs a statement over a direct connection. Waits for a server that is being restarted. */
  sql: <Row>(text: string, parameters?: readonly unknown[]) => Promise<Row[]>
  /** Runs statements in a transaction that stays open. Returns null when they failed. */
  hold(statements: readonly string[]): Promise<Held | null>
  /** The replica whose process took the lease last. */
  leaseHolder(): Promise<Replica | null>
  /** Lets the lease expire as if 30 seconds had passed. With `app`, only if that process holds it. */
  expireLease(app?: string): Promise<void>
  setReadOnly(isReadOnly: boolean): Promise<void>
  stop(): Promise<void>
}

/** What all rounds share. */
export interface Place {
  postgres: LabPostgres
  ports: Ports
}

/** Builds everything, but starts no process of the service yet. */
export async function startRig(plan: RoundPlan, { postgres, ports }: Place): Promise<Rig> {
  const findings = new Findings()
  const ledger = new Ledger()
  const databaseName = `chaos_${plan.seed}_${randomBytes(4).toString('hex')}`
  const databaseUrl = await postgres.createDatabase(databaseName)
  const calmFaults: Faults = Object.assign({ ...noFaults }, ...plan.traits.map(({ faults }) => faults))
  if (plan.traits.some(({ name }) => name === 'visible-late'))
    calmFaults.lateVisibilityMs = [0, plan.settleSeconds * 1000]
  const seam = await startSimulatedSeam({
    seed: plan.seed,
    retryTimeScale: RETRY_TIME_SCALE,
    // History is listed at once. The round's faults are set after it.
    faults: { ...calmFaults, lateVisibilityMs: null },
  })
  const sinceMs = fillHistory(plan, seam, calmFaults)
  seam.setFaults(calmFaults)

  const proxies = new Map<Replica, DatabaseProxy>()
  const replicas: Replica[] = []
  const balancer = await startBalancer(
    () => replicas.filter(({ isServing }) => isServing).map(({ url }) => url),
    ledger,
  )
  seam.setWebhooks([{ url: `${balancer.url}/webhooks/seam`, secret: OLD_SECRET }])
  const pool = new pg.Pool({ ...labSession(databaseUrl), max: 4 })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const sql = async <Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> =>
    retried(async () => (await pool.query(text, [...parameters])).rows as Row[])

  const seamNow = () => Date.now() + calmFaults.clockOffsetMs
  const vitals = startVitals(findings)
  const watch = startWatch({
    databaseUrl,
    seam,
    ledger,
    findings,
    exempt: ledger.planted.onlyForAudit,
    settleSeconds: plan.settleSeconds,
    seamNow,
  })
  const rig: Rig = {
    plan,
    findings,
    seam,
    calmFaults,
    ledger,
    balancer,
    postgres,
    databaseUrl,
    replicas,
    watch,
    vitals,
    readerKey: await issueReaderKey(databaseUrl, seam.workspaceId),
    sinceMs,
    troubles: { begun: 0, on: 0 },
    databaseTroubles: 0,
    restartAtEnd: false,
    audits: [],
    trafficEndedMs: 0,
    coverableMs: 0,
    migrations: 0,
    migration: null,
    seamNow,
    proxyOf: (replica) => {
      const proxy = proxies.get(replica)
      if (proxy === undefined) throw new Error(`Replica ${replica.name} has no proxy.`)
      return proxy
    },
    sql,
    hold: (statements) => hold(databaseUrl, statements),
    leaseHolder: async () => {
      const [last] = await sql<{ app: string }>(
        'select app from chaos.lease_changes order by seq desc limit 1',
      )
      return replicas.find(({ app, isRunning }) => isRunning && app === last?.app) ?? null
    },
    expireLease: async (app) => {
      await sql(
        `update leases set expires_at = now() where $1::text is null or holder in
           (select holder from chaos.lease_changes where app = $1)`,
        [app ?? null],
      )
    },
    setReadOnly: async (isReadOnly) => {
      await postgres.onMaintenance(
        isReadOnly
          ? `alter database ${databaseName} set default_transaction_read_only = on`
          : `alter database ${databaseName} reset default_transaction_read_only`,
      )
      // The setting applies to new sessions only.
      await postgres.onMaintenance(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${databaseName}'`,
      )
    },
    stop: async () => {
      await Promise.all(replicas.map((replica) => replica.kill()))
      await vitals.stop()
      await watch.stop()
      await seam.stop()
      await balancer.stop()
      await Promise.all([...proxies.values()].map((proxy) => proxy.stop()))
      await pool.end()
      await postgres.dropDatabase(databaseName)
    },
  }
  for (let i = 1; i <= plan.replicas; i++) {
    const proxy = await startDatabaseProxy(new URL(databaseUrl))
    const replica = new Replica({
      name: String(i),
      port: await ports.next(),
      environment: (app) => environmentOf(rig, proxy, app),
      findings,
      vitals,
      isDatabaseTroubled: () => rig.databaseTroubles > 0,
    })
    proxies.set(replica, proxy)
    replicas.push(replica)
  }
  return rig
}

/** Adds the events that Seam has from the start. Returns where the backfill begins. */
function fillHistory(plan: RoundPlan, seam: SimulatedSeam, { clockOffsetMs }: Faults): number {
  const now = Date.now() + clockOffsetMs
  const sinceMs = now - plan.historyHours * HOUR_MS
  const isBurst = plan.traits.some(({ name }) => name === 'instant-of-many')
  seam.fill({
    count: plan.historyEvents,
    from: sinceMs + 1000,
    to: now - 1000,
    ...(isBurst && { burst: { count: 640, at: Math.floor((sinceMs + now) / 2) } }),
  })
  return sinceMs
}

/** Adds the key in the database itself, because a command would take a second. */
async function issueReaderKey(databaseUrl: string, workspaceId: string): Promise<string> {
  const db = openTestPool(databaseUrl)
  const scopes = ['events:read', 'secrets:read']
  const request = {
    kind: 'api_key',
    name: 'readers',
    workspaceIds: [workspaceId],
    mayBeUnknown: true,
  } as const
  const { key } = await issueKey(db, { ...request, scopes, expires: null, now: new Date() })
  await db.destroy()
  return key
}

function environmentOf({ seam, plan, databaseUrl, sinceMs }: Rig, proxy: DatabaseProxy, app: string) {
  const url = new URL(databaseUrl)
  url.port = String(proxy.port)
  url.searchParams.set('application_name', app)
  return {
    DATABASE_URL: url.href,
    SEAM_ENDPOINT: seam.url,
    SEAM_API_KEY: seam.apiKey,
    SEAM_WEBHOOK_SECRET: `${OLD_SECRET},${NEW_SECRET}`,
    SEAM_MIRROR_API_KEY: MIRROR_API_KEY,
    SEAM_MIRROR_POLL_SCHEDULE: '* * * * * *',
    SEAM_MIRROR_SETTLE_SECONDS: String(plan.settleSeconds),
    SEAM_MIRROR_BACKFILL_SINCE: new Date(sinceMs).toISOString(),
    SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE: '*/2 * * * * *',
    LOG_LEVEL: 'warn',
    ...traitsEnvironment(plan),
  }
}

/** The settings that the round's traits give to the service and its commands. */
export function traitsEnvironment(plan: RoundPlan): Record<string, string> {
  return Object.assign({}, ...plan.traits.map(({ environment }) => environment?.(plan)))
}
