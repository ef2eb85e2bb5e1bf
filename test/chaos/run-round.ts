import { setTimeout } from 'node:timers/promises'
import { createRandom } from '../../src/simulated-seam/random.ts'
import type { DeliveryStats } from '../../src/simulated-seam/start-simulated-seam.ts'
import { checkLog } from './claims/secrets.ts'
import { checkClaims, type FinalCounts } from './claims/check-claims.ts'
import type { Finding } from './findings.ts'
import { LANES } from './fault.ts'
import { letCatchUp } from './finish-round.ts'
import { type Place, type Rig, startRig } from './rig.ts'
import type { Moment, RoundPlan } from './schedule.ts'
import { makeTraffic } from './traffic.ts'
import { PATIENCE_MS, until } from './until.ts'
import type { VitalFigures } from './vitals.ts'

export interface RoundResult {
  plan: RoundPlan
  durationMs: number
  findings: readonly Finding[]
  /** The names of the faults and traits that were applied, repeated as often as they were. */
  applied: readonly string[]
  counts: FinalCounts | null
  deliveries: DeliveryStats
  statuses: Readonly<Record<number, number>>
  acknowledged: number
  samples: number
  vitals: VitalFigures
  falseClaims: number
  kills: number
  terminations: number
  starts: number
  failedStarts: number
  /** The outcomes of the audits. */
  audits: readonly string[]
  /** The last log lines of the replicas. */
  log: readonly string[]
}

/** Runs one round, from an empty database to the comparison. Rejects only when the laboratory itself fails. */
export async function runRound(
  plan: RoundPlan,
  place: Place,
  say: (line: string) => void,
): Promise<RoundResult> {
  const startedAt = performance.now()
  const rig = await startRig(plan, place)
  const applied = plan.traits.map(({ name }) => name)
  let counts: FinalCounts | null = null
  try {
    for (const replica of rig.replicas) replica.start()
    await doHarm(rig, applied, say)
    await letCatchUp(rig, say)
    await rig.watch.sampleNow()
    rig.ledger.verifyAllAgain()
    await rig.watch.sampleNow()
    await rig.watch.readToTheEnd()
    counts = await checkClaims(rig)
    await Promise.all(rig.replicas.map((replica) => replica.terminate()))
    checkLog(rig)
  } catch (error) {
    rig.findings.add('lab', error instanceof Error ? (error.stack ?? error.message) : String(error))
  } finally {
    await rig.stop()
  }
  const sum = (of: (replica: Rig['replicas'][number]) => number) =>
    rig.replicas.reduce((total, replica) => total + of(replica), 0)
  return {
    plan,
    durationMs: performance.now() - startedAt,
    findings: rig.findings.all(),
    applied,
    counts,
    deliveries: rig.seam.deliveries(),
    statuses: Object.fromEntries(rig.ledger.statuses()),
    acknowledged: rig.ledger.acknowledged().size,
    samples: rig.watch.samples(),
    vitals: rig.vitals.figures(),
    falseClaims: rig.findings.count('I4, I5, I6') + rig.findings.count('I6'),
    kills: sum(({ counts: { kills } }) => kills),
    terminations: sum(({ counts: { terminations } }) => terminations),
    starts: sum(({ counts: { starts } }) => starts),
    failedStarts: sum(({ counts: { failedStarts } }) => failedStarts),
    audits: rig.audits,
    log: rig.replicas.flatMap(({ name, log }) => log.map((line) => `replica ${name}: ${line}`)),
  }
}

/** Runs the traffic and the faults until all of them have ended. */
async function doHarm(rig: Rig, applied: string[], say: (line: string) => void): Promise<void> {
  const { plan } = rig
  // The traffic begins before the service has started. The faults wait until it serves.
  const isUp = until(() => rig.replicas.some(({ isServing }) => isServing), PATIENCE_MS)
  let isOver = false
  const traffic = makeTraffic(rig, () => isOver)
  await isUp
  const beganAt = performance.now()
  const elapsed = () => performance.now() - beganAt
  await Promise.all(
    LANES.map(async (lane) => {
      for (const moment of plan.moments.filter(({ fault }) => fault.lane === lane)) {
        await setTimeout(Math.max(0, moment.atMs - elapsed()))
        say(`${moment.fault.name} for ${moment.forMs} ms`)
        if (await apply(rig, moment)) applied.push(moment.fault.name)
        say(`${moment.fault.name} is over`)
      }
    }),
  )
  await setTimeout(Math.max(0, plan.trafficMs - elapsed()))
  isOver = true
  await traffic
  rig.trafficEndedMs = rig.seamNow()
  rig.coverableMs = Math.min(rig.trafficEndedMs, Date.now())
}

/** Applies one fault. Returns false when it had no effect, for example because there was no poller to stop. An error is a failure of the laboratory. */
async function apply(rig: Rig, { fault, forMs, atMs }: Moment): Promise<boolean> {
  const random = createRandom(rig.plan.seed, `${fault.name} at ${atMs}`)
  const isTrouble = fault.lane === 'processes' || fault.lane === 'postgres'
  if (isTrouble) {
    rig.troubles.begun += 1
    rig.troubles.on += 1
  }
  try {
    const hasHappened = await fault.begin(rig, random)
    await setTimeout(forMs)
    return hasHappened !== false
  } catch (error) {
    rig.findings.add('lab', `${fault.name}: ${error instanceof Error ? error.stack : String(error)}`)
    return false
  } finally {
    await fault.end(rig, random).catch((error: unknown) => {
      rig.findings.add('lab', `the end of ${fault.name}: ${String(error)}`)
    })
    if (isTrouble) rig.troubles.on -= 1
  }
}
