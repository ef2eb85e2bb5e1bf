import type { Bench } from '../bench.ts'
import { peakRssMb } from '../processes/process-tree.ts'
import type { StartedProcess } from '../processes/start-process.ts'
import type { Figure } from '../results/figure.ts'
import { type DeliverOptions, deliver } from './deliver.ts'
import { inTurn } from './in-turn.ts'
import { type MedianRun, type Run, medianRun } from './median-run.ts'

const CONNECTIONS = [
  { connections: 64, atLeast: 2.5 },
  { connections: 256, atLeast: 2.8 },
]
const OF_CEILING_AT_LEAST = 0.6
/** Two replicas are measured only with the most connections. */
const CLUSTER_CONNECTIONS = 256

interface Services {
  ours: StartedProcess
  naive: StartedProcess
  noDatabase: StartedProcess
  cluster: StartedProcess
}

/**
 * Webhook to commit, for ours, the service that everybody writes, the ceiling without a database, and ours twice behind one
 * listener. They run in turn on the same table, which is emptied before each run.
 */
export async function webhookThroughput(bench: Bench): Promise<Figure[]> {
  const databaseUrl = await (await bench.server()).createDatabase('webhook')
  const services: Services = {
    ours: await bench.startMirror(databaseUrl),
    naive: await bench.startBaseline('naive-service', databaseUrl),
    noDatabase: await bench.startBaseline('no-database-service', databaseUrl),
    cluster: await bench.startBaseline('cluster-service', databaseUrl),
  }
  const figures: Figure[] = []
  for (const [i, each] of CONNECTIONS.entries()) {
    if (i === 0) await warmUp(bench, services, databaseUrl)
    figures.push(...(await atConnections(bench, services, databaseUrl, each)))
  }
  for (const process of Object.values(services) as StartedProcess[]) await process.stop()
  return figures
}

/** Warms a service up: compiled code and filled pools, as after a minute. */
async function warmUp(bench: Bench, services: Services, databaseUrl: string): Promise<void> {
  const seconds = bench.options.isQuick ? 0.5 : 2
  for (const process of Object.values(services) as StartedProcess[]) {
    await deliver(bench, { process, databaseUrl, connections: 64, seconds, ratePerSecond: null }, [])
  }
}

async function atConnections(
  bench: Bench,
  { ours, naive, noDatabase, cluster }: Services,
  databaseUrl: string,
  { connections, atLeast }: (typeof CONNECTIONS)[number],
): Promise<Figure[]> {
  const { isQuick } = bench.options
  const problems: string[] = []
  const run = (process: StartedProcess, options: Partial<DeliverOptions> = {}): Promise<Run> => {
    const seconds = isQuick ? 1 : 3
    return deliver(
      bench,
      { process, databaseUrl, connections, seconds, ratePerSecond: null, ...options },
      problems,
    )
  }
  const contenders: Record<string, () => Promise<Run>> = {
    ours: () => run(ours),
    naive: () => run(naive),
    noDatabase: () => run(noDatabase, { databaseUrl: null }),
    ...(connections === CLUSTER_CONNECTIONS && { cluster: () => run(cluster) }),
  }
  const runs = await inTurn(isQuick ? 1 : 3, contenders)
  const of = (name: string) => medianRun(runs[name] ?? [])
  const [mine, theirs, ceiling] = [of('ours'), of('naive'), of('noDatabase')]
  const atTheirRate = medianRun(
    (await inTurn(isQuick ? 1 : 3, { ours: () => run(ours, { ratePerSecond: theirs.perSecond }) })).ours,
  )
  const memory = peakRssMb(ours.pid)
  const what = `webhook to commit, ${connections} connections`
  return [
    ...comparedFigures(what, { mine, theirs, ceiling, atTheirRate }, atLeast, memory, problems),
    ...(runs.cluster === undefined ? [] : [clusterFigure(what, of('cluster'), mine)]),
  ]
}

/** Ours beside the naive service, beside the ceiling, and at the rate that the naive service reaches. */
function comparedFigures(
  what: string,
  runs: Record<'mine' | 'theirs' | 'ceiling' | 'atTheirRate', MedianRun>,
  atLeast: number,
  memory: number | null,
  problems: string[],
): Figure[] {
  const { mine, theirs, ceiling, atTheirRate } = runs
  const common = { row: 'webhook', peakRssMb: memory }
  return [
    {
      ...common,
      ...measured(mine),
      what,
      unit: 'events/s',
      ours: mine.perSecond,
      baseline: { what: 'naive service', value: theirs.perSecond },
      target: { atLeast },
      problems,
      notes: [
        `the naive service: ${summary(theirs)}`,
        `the load generator: CPU µs ${Math.round(mine.generatorMicros)} for each request`,
      ],
    },
    {
      ...common,
      what: `${what}, of the ceiling`,
      unit: 'events/s',
      ours: mine.perSecond,
      baseline: { what: 'no database', value: ceiling.perSecond },
      target: { atLeast: OF_CEILING_AT_LEAST },
      notes: [`without a database: ${summary(ceiling)}`],
    },
    {
      ...common,
      ...measured(atTheirRate),
      what: `${what}, p99 at the naive service's rate`,
      unit: 'ms',
      ours: atTheirRate.p99Ms,
      baseline: { what: `its p99 at ${Math.round(theirs.perSecond)}/s`, value: theirs.p99Ms },
      target: { atMost: 1 },
      notes: [
        `ours with an open loop of ${Math.round(theirs.perSecond)} events/s, each latency from when the event fell due`,
      ],
    },
  ]
}

/** For information: what a second process gains while Postgres and the load generator share the same cores. */
function clusterFigure(what: string, cluster: MedianRun, mine: MedianRun): Figure {
  return {
    row: 'webhook',
    ...measured(cluster),
    what: `${what}, two processes behind one listener`,
    unit: 'events/s',
    ours: cluster.perSecond,
    baseline: { what: 'one process', value: mine.perSecond },
    target: null,
  }
}

function measured({ p50Ms, p99Ms, cpuMicros }: MedianRun): Pick<Figure, 'p50Ms' | 'p99Ms' | 'cpuMicros'> {
  return { p50Ms, p99Ms, cpuMicros }
}

function summary({ p50Ms, p99Ms, cpuMicros: { service, postgres } }: MedianRun): string {
  const cpu = service === null ? '' : `, CPU µs ${Math.round(service)} + ${Math.round(postgres ?? 0)}`
  return `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms${cpu}`
}
