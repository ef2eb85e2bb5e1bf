import type { Bench } from '../bench.ts'
import { peakRssMb } from '../processes/process-tree.ts'
import type { Figure } from '../results/figure.ts'
import { type DeliverOptions, deliver } from './deliver.ts'
import { emptyEvents } from './empty-events.ts'
import { inTurn } from './in-turn.ts'
import { medianRun } from './median-run.ts'

/** One webhook at a time on an idle service. A wait to form a batch would show here. */
export async function webhookIdle(bench: Bench): Promise<Figure[]> {
  const databaseUrl = await (await bench.server()).createDatabase('webhook_idle')
  const ours = await bench.startMirror(databaseUrl)
  const naive = await bench.startBaseline('naive-service', databaseUrl)
  const { isQuick } = bench.options
  const count = isQuick ? 200 : 500
  const problems: string[] = []
  const run = (process: DeliverOptions['process']) => {
    const options = { process, databaseUrl, connections: 1, seconds: 30, ratePerSecond: null, count }
    return deliver(bench, options, problems)
  }
  // Warm up, so that the code of both is compiled.
  await inTurn(isQuick ? 1 : 2, { ours: () => run(ours), naive: () => run(naive) })
  const runs = await inTurn(isQuick ? 2 : 5, {
    ours: () => run(ours),
    naive: () => run(naive),
    byHand: async () => {
      await emptyEvents(databaseUrl)
      const load = await bench.load().run({ kind: 'inserts', databaseUrl, count })
      return { load, cpu: { service: null, postgres: null } }
    },
  })
  const [mine, theirs, byHand] = [medianRun(runs.ours), medianRun(runs.naive), medianRun(runs.byHand)]
  const common = {
    row: 'webhook-idle',
    unit: 'ms',
    ours: mine.p50Ms,
    p50Ms: mine.p50Ms,
    p99Ms: mine.p99Ms,
    cpuMicros: mine.cpuMicros,
    peakRssMb: peakRssMb(ours.pid),
  }
  await ours.stop()
  await naive.stop()
  return [
    {
      ...common,
      what: 'webhook, one at a time, p50, beside the same INSERT behind HTTP',
      baseline: { what: 'naive service', value: theirs.p50Ms },
      target: { atMost: 1.2 },
      problems,
    },
    {
      ...common,
      what: 'webhook, one at a time, p50, beside the bare INSERT',
      baseline: { what: 'one connection, prepared', value: byHand.p50Ms },
      target: null,
      notes: [
        "for information: HTTP and the signature are in our figure and not in the INSERT's; the line above has them in both",
      ],
    },
  ]
}
