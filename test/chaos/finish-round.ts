import { spawn } from 'node:child_process'
import path from 'node:path'
import { formatInstant, microsFromMillis, parseInstant } from '../../src/domain/instant.ts'
import { MIRROR_API_KEY, OLD_SECRET } from './keys.ts'
import { type Rig, traitsEnvironment } from './rig.ts'
import { areSessionsRight } from './claims/sessions.ts'
import { PATIENCE_MS, until } from './until.ts'

const ROOT = path.join(import.meta.dirname, '../..')

/** Ends a round after its last fault: lets the service catch up by itself, then lets an audit find what came too late. */
export async function letCatchUp(rig: Rig, say: (line: string) => void): Promise<void> {
  const { findings, replicas, seam } = rig
  if (rig.restartAtEnd) await Promise.all(replicas.map((replica) => replica.terminate()))
  const serving = await Promise.all(replicas.map((replica) => replica.serve(PATIENCE_MS)))
  if (serving.includes(false)) findings.add('I14', `a replica did not serve within ${PATIENCE_MS} ms`)
  say('all replicas serve')
  const isDrained = await until(() => seam.deliveries().pending === 0, PATIENCE_MS)
  if (!isDrained) findings.add('I12', `${seam.deliveries().pending} deliveries were pending at the end`)
  say('all deliveries are made or given up')
  const isComplete = await until(() => isCovered(rig), PATIENCE_MS, 60)
  if (!isComplete) findings.add('I5', `coverage was not complete ${PATIENCE_MS} ms after the last fault`)
  say('coverage is complete')
  if (!(await until(() => areSessionsRight(rig), PATIENCE_MS, 100)))
    findings.add('I10', `client sessions were not those of Seam ${PATIENCE_MS} ms after the last fault`)
  if (rig.ledger.planted.onlyForAudit.size > 0) await audit(rig)
}

/** Whether coverage is one range from the start of the backfill to past the traffic. */
async function isCovered(rig: Rig): Promise<boolean> {
  const ranges = await rig.sql<{ from: string; to: string }>(
    `select (extract(epoch from lower(range)) * 1000)::text as "from", (extract(epoch from upper(range)) * 1000)::text as "to"
     from coverage, unnest(ranges) as range where workspace_id = $1 order by range`,
    [rig.seam.workspaceId],
  )
  const [only] = ranges
  if (ranges.length === 1 && only !== undefined) {
    if (Number(only.from) <= rig.sinceMs && Number(only.to) > rig.coverableMs) return true
  }
  // The lease of a killed process expires after 30 seconds. The round does not wait that long.
  const [last] = await rig.sql<{ app: string }>(
    'select app from chaos.lease_changes order by seq desc limit 1',
  )
  const isHeld = rig.replicas.some(({ app, isRunning }) => isRunning && app === last?.app)
  if (last !== undefined && !isHeld) await rig.expireLease(last.app)
  return false
}

/** Runs `seam-mirror audit` over the time of the round. It has to find the events that became visible later than the settle time. */
async function audit(rig: Rig): Promise<void> {
  const { seam, plan, findings } = rig
  const late = seam.events().filter(({ event_id: id }) => rig.ledger.planted.onlyForAudit.has(id))
  const first = late.reduce(
    (earliest, { created_at: at }) => (at < earliest ? at : earliest),
    late[0]?.created_at ?? '',
  )
  const visible = await until(
    () => rig.seamNow() > rig.trafficEndedMs + plan.settleSeconds * 1000 + 2000,
    PATIENCE_MS,
  )
  if (!visible) findings.add('lab', 'late events did not become visible')
  // The audit gets full pages, because it makes at most four requests a second. Small pages were tested before.
  seam.setFaults({ pageCap: 500 })
  const since = formatInstant((parseInstant(first) ?? 0n) - 10_000n)
  const end = formatInstant(microsFromMillis(rig.trafficEndedMs + 1))
  const { code, output } = await run(['audit', '--since', since, '--until', end], {
    DATABASE_URL: rig.databaseUrl,
    SEAM_ENDPOINT: seam.url,
    SEAM_API_KEY: seam.apiKey,
    SEAM_WEBHOOK_SECRET: OLD_SECRET,
    SEAM_MIRROR_API_KEY: MIRROR_API_KEY,
    SEAM_MIRROR_SETTLE_SECONDS: String(plan.settleSeconds),
    ...traitsEnvironment(plan),
  })
  // Exit code 0 means that nothing was missing, because after an outage the poller itself came late. 2 means that the events were found.
  if (code !== 0 && code !== 2)
    findings.add('I5', `the audit ended with code ${code}: ${output.slice(0, 800)}`)
  rig.audits.push(code === 2 ? 'found' : 'clean')
}

function run(args: readonly string[], environment: Readonly<Record<string, string>>) {
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(ROOT, 'bin/seam-mirror.js'), ...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (output += text))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}
