import type { Bench } from '../bench.ts'
import { FIRST_CREATED_AT } from '../dataset/values.ts'
import { FEW_EVENTS } from '../dataset/sizes.ts'
import { peakRssMb } from '../processes/process-tree.ts'
import type { StartedProcess } from '../processes/start-process.ts'
import type { Figure } from '../results/figure.ts'
import { issueReadKey } from '../service-parts.ts'
import { inTurn } from './in-turn.ts'
import { measureCpu } from './measure-cpu.ts'
import { medianRun } from './median-run.ts'

const CONNECTIONS = 16
const EVENTS_ASKED = 500

/** Pages of 500 events to 16 connections: the stored text sent as it is, beside the same service that parses and prints each event. */
export async function listBodies(bench: Bench): Promise<Figure[]> {
  const databaseUrl = await bench.storedEvents.database(FEW_EVENTS)
  const { pid: postgres } = await bench.storedEvents.server()
  const key = await issueReadKey(databaseUrl)
  const ours = await bench.startMirror(databaseUrl)
  const parsing = await bench.startBaseline('parsing-service', databaseUrl)
  const { isQuick } = bench.options
  const problems: string[] = []
  const run = async ({ url, pid }: StartedProcess) => {
    const { result: load, cpu } = await measureCpu(
      { service: pid, postgres },
      () =>
        bench.load().run({
          kind: 'requests',
          url,
          path: '/events/list',
          key,
          body: JSON.stringify({ since: FIRST_CREATED_AT, limit: EVENTS_ASKED }),
          connections: CONNECTIONS,
          seconds: isQuick ? 1 : 3,
          count: 100_000,
        }),
      ({ ok }) => ok,
    )
    if (Object.keys(load.failed).length > 0) problems.push(`answers: ${JSON.stringify(load.failed)}`)
    return { load, cpu }
  }
  // Warm up, so that the code of both is compiled.
  await inTurn(1, { ours: () => run(ours), parsing: () => run(parsing) })
  const runs = await inTurn(isQuick ? 1 : 4, { ours: () => run(ours), parsing: () => run(parsing) })
  const [mine, theirs] = [medianRun(runs.ours), medianRun(runs.parsing)]
  const memory = peakRssMb(ours.pid)
  await ours.stop()
  await parsing.stop()
  return [
    {
      row: 'list-bodies',
      what: `list, ${EVENTS_ASKED} events to ${CONNECTIONS} connections`,
      unit: 'requests/s',
      ours: mine.perSecond,
      baseline: { what: 'JSON.parse and res.json', value: theirs.perSecond },
      target: { atLeast: 1.8 },
      p50Ms: mine.p50Ms,
      p99Ms: mine.p99Ms,
      cpuMicros: mine.cpuMicros,
      peakRssMb: memory,
      problems,
    },
  ]
}
