import type { Bench } from '../bench.ts'
import { FEW_EVENTS } from '../dataset/sizes.ts'
import { FIRST_CREATED_AT } from '../dataset/values.ts'
import { peakRssMb } from '../processes/process-tree.ts'
import type { Figure } from '../results/figure.ts'
import { issueReadKey } from '../service-parts.ts'
import { inTurn } from './in-turn.ts'
import { measureCpu } from './measure-cpu.ts'
import { medianRun } from './median-run.ts'

const EVENTS_ASKED = 500

/**
 * Pages of 500 events to callers that ask for gzip, beside the same pages uncompressed. On one machine compressing can only cost: what
 * it saves is time on a network, which the sizes tell. A single connection always gets compressed answers; of sixteen, only as many do
 * as the service compresses at a time.
 */
export async function listGzip(bench: Bench): Promise<Figure[]> {
  const databaseUrl = await bench.storedEvents.database(FEW_EVENTS)
  const { pid: postgres } = await bench.storedEvents.server()
  const key = await issueReadKey(databaseUrl)
  const mirror = await bench.startMirror(databaseUrl)
  const { url, pid } = mirror
  const body = JSON.stringify({ since: FIRST_CREATED_AT, limit: EVENTS_ASKED })
  const problems: string[] = []
  const run = async (connections: number, encoding: 'gzip' | null) => {
    const command = { kind: 'requests', url, path: '/events/list', key, body, connections } as const
    const limits = { seconds: bench.options.isQuick ? 0.5 : 2, count: 100_000 }
    const { result: load, cpu } = await measureCpu(
      { service: pid, postgres },
      () => bench.load().run({ ...command, ...(encoding !== null && { encoding }), ...limits }),
      ({ ok }) => ok,
    )
    if (Object.keys(load.failed).length > 0) problems.push(`answers: ${JSON.stringify(load.failed)}`)
    return { load, cpu }
  }
  const sizes = `${await sizeOf(url, key, body, 'gzip')} instead of ${await sizeOf(url, key, body, 'identity')} KB`
  const figures: Figure[] = []
  for (const connections of [1, 16]) {
    const ways = { gzip: () => run(connections, 'gzip'), plain: () => run(connections, null) }
    await inTurn(1, ways)
    const runs = await inTurn(bench.options.isQuick ? 1 : 3, ways)
    const [packed, plain] = [medianRun(runs.gzip), medianRun(runs.plain)]
    figures.push({
      row: 'list-gzip',
      what: `list, ${EVENTS_ASKED} events as gzip, ${connections} connection${connections === 1 ? '' : 's'}`,
      unit: 'requests/s',
      ours: packed.perSecond,
      baseline: { what: 'as they are', value: plain.perSecond },
      target: null,
      p50Ms: packed.p50Ms,
      p99Ms: packed.p99Ms,
      cpuMicros: packed.cpuMicros,
      peakRssMb: peakRssMb(pid),
      notes: [sizes],
      problems,
    })
  }
  await mirror.stop()
  return figures
}

/** The size of one answer as it is sent, in KB. */
async function sizeOf(url: string, key: string, body: string, encoding: string): Promise<number> {
  const response = await fetch(`${url}/events/list`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'accept-encoding': encoding,
    },
    body,
  })
  await response.arrayBuffer()
  return Math.round(Number(response.headers.get('content-length')) / 1024)
}
