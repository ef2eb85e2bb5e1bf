import type { Bench } from '../bench.ts'
import { FEW_EVENTS, MANY_EVENTS } from '../dataset/sizes.ts'
import { FIRST_CREATED_AT, SPAN_DAYS } from '../dataset/values.ts'
import { readCopy } from '../load/read-copy.ts'
import { readDownload } from '../load/read-download.ts'
import { peakRssMb } from '../processes/process-tree.ts'
import { onDatabase } from '../processes/start-server.ts'
import type { Figure } from '../results/figure.ts'
import { median } from '../results/percentile.ts'
import { issueReadKey, WORKSPACE_ID } from '../service-parts.ts'
import { inTurn } from './in-turn.ts'
import { type Cpu, measureCpu } from './measure-cpu.ts'

/** How many events are read, of however many there are. */
const EVENTS = 500_000
const LEAST_OF_COPY = 0.5

/** An export over HTTP, beside one COPY statement that gives the same texts in the same order. Both are read without looking into them. */
export async function exportEvents(bench: Bench): Promise<Figure[]> {
  const { isQuick } = bench.options
  const stored = isQuick ? FEW_EVENTS : MANY_EVENTS
  const databaseUrl = await bench.storedEvents.database(stored)
  const { pid: postgres } = await bench.storedEvents.server()
  const key = await issueReadKey(databaseUrl)
  const ours = await bench.startMirror(databaseUrl)
  const since = sinceOf(stored)
  const where = `workspace_id = '${WORKSPACE_ID}' and created_at > '${since}'`
  const copied = `copy (select body from events where ${where} order by created_at desc, event_id) to stdout`
  const events = await countOf(databaseUrl, where)
  const problems: string[] = []
  const pathOf = (query: string) => `/v1/events/export?since=${since}${query}`
  const download = async (query: string) => {
    const { tail } = await readDownload(ours.url, pathOf(query), key)
    if (!/"complete"+:true,/.test(tail)) problems.push(`an export${query} was cut`)
  }
  const timed = (work: () => Promise<unknown>) => async () => {
    const startedAt = performance.now()
    const { cpu } = await measureCpu({ service: ours.pid, postgres }, work, () => events)
    return { perSecond: (events * 1000) / (performance.now() - startedAt), cpu }
  }
  const ways = {
    copy: timed(() => readCopy(databaseUrl, copied)),
    ndjson: timed(() => download('')),
    gzip: timed(() => readDownload(ours.url, pathOf('&gzip=true'), key)),
    csv: timed(() => download('&format=csv')),
  }
  const { copy } = ways
  const figures: Figure[] = []
  for (const way of ['ndjson', 'gzip', 'csv'] as const) {
    await inTurn(1, { copy, ours: ways[way] })
    const runs = await inTurn(isQuick ? 1 : 3, { copy, ours: ways[way] })
    figures.push({
      row: 'export',
      what: `export, ${events.toLocaleString('en-US')} events as ${NAMES[way]}`,
      unit: 'events/s',
      ours: median(runs.ours.map(({ perSecond }) => perSecond)),
      baseline: { what: 'COPY to stdout', value: median(runs.copy.map(({ perSecond }) => perSecond)) },
      target: way === 'ndjson' ? { atLeast: LEAST_OF_COPY } : null,
      cpuMicros: cpuOf(runs.ours),
      // The highest until then, so NDJSON's is its own.
      peakRssMb: peakRssMb(ours.pid),
      problems,
    })
  }
  await ours.stop()
  return figures
}

const NAMES = { ndjson: 'NDJSON', gzip: 'NDJSON, gzip', csv: 'CSV' } as const

function cpuOf(runs: readonly { cpu: Cpu }[]): Cpu {
  return {
    service: median(runs.map(({ cpu }) => cpu.service ?? Number.NaN)),
    postgres: median(runs.map(({ cpu }) => cpu.postgres ?? Number.NaN)),
  }
}

/** The time after which the newest EVENTS were created, which are spread evenly. */
function sinceOf(stored: number): string {
  const part = Math.min(1, EVENTS / stored)
  const first = Date.parse(FIRST_CREATED_AT)
  return new Date(first + (1 - part) * SPAN_DAYS * 86_400_000).toISOString()
}

async function countOf(databaseUrl: string, where: string): Promise<number> {
  return onDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ count: string }>(`select count(*) from events where ${where}`)
    return Number(rows[0]?.count)
  })
}
