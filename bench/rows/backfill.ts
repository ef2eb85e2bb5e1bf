import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { peakRssMb } from '../processes/process-tree.ts'
import type { StartedProcess } from '../processes/start-process.ts'
import { onDatabase } from '../processes/start-server.ts'
import type { Figure } from '../results/figure.ts'
import { median } from '../results/percentile.ts'
import { countEvents } from './empty-events.ts'
import { inTurn } from './in-turn.ts'
import { ingestInBulk } from './ingest-in-bulk.ts'
import { measureCpu } from './measure-cpu.ts'

const API_KEY = 'seam_simulated1_the_key_of_the_benchmark'
const DAY_MS = 86_400_000
const HISTORY_DAYS = 7
/** How old the newest event is: older than the settle time, so that one run of the poller can prove all of the history. */
const NEWEST_AGO_MS = 600_000
const LOOK_EVERY_MS = 50

/** Measures a service with an empty database and a Seam with a week of history: from `listening` until all of it is proven. */
export async function backfill(bench: Bench): Promise<Figure[]> {
  const { isQuick } = bench.options
  const events = isQuick ? 10_000 : 100_000
  const server = await bench.server()
  const to = Date.now() - NEWEST_AGO_MS
  const from = to - HISTORY_DAYS * DAY_MS
  const seam = await startSeam(bench, events, from, to)
  const bulkUrl = await server.createDatabase('backfill_bulk')
  const problems: string[] = []
  const memory: number[] = []
  let databases = 0

  const fill = async () => {
    databases += 1
    const databaseUrl = await server.createDatabase(`backfill_${databases}`)
    await onDatabase(databaseUrl, (client) => client.query('checkpoint'))
    const ours = await bench.startMirror(databaseUrl, {
      SEAM_ENDPOINT: seam.url,
      SEAM_API_KEY: API_KEY,
      SEAM_MIRROR_BACKFILL_SINCE: new Date(from - 1000).toISOString(),
    })
    const { result, cpu } = await measureCpu(
      { service: ours.pid, postgres: server.pid },
      () => untilComplete(databaseUrl),
      () => events,
    )
    memory.push(peakRssMb(ours.pid) ?? Number.NaN)
    await ours.stop()
    const stored = await countEvents(databaseUrl)
    if (stored !== events) problems.push(`Seam has ${events} events, but ${stored} are stored`)
    return { seconds: result, cpu }
  }
  const alone = async () => {
    const { seconds } = await ingestInBulk(bench, bulkUrl, events / 4, problems)
    return { seconds: seconds * 4, cpu: { service: null, postgres: null } }
  }
  const runs = await inTurn(isQuick ? 1 : 3, { fill, alone })
  await seam.stop()
  const middle = runs.fill.toSorted((a, b) => a.seconds - b.seconds)[runs.fill.length >> 1]
  return [
    {
      row: 'backfill',
      what: `backfill of ${events.toLocaleString('en-US')} events`,
      unit: 'events/s',
      ours: events / median(runs.fill.map(({ seconds }) => seconds)),
      baseline: {
        what: 'the bulk path alone',
        value: events / median(runs.alone.map(({ seconds }) => seconds)),
      },
      target: { atLeast: 0.5 },
      cpuMicros: middle?.cpu,
      peakRssMb: Number.isNaN(memory[0]) ? null : Math.max(...memory),
      problems,
    },
  ]
}

/** Starts a Seam that has this many events, at random moments between the two instants (Unix milliseconds). */
function startSeam(bench: Bench, events: number, from: number, to: number): Promise<StartedProcess> {
  return bench.start({
    command: [process.execPath, path.join(import.meta.dirname, '../processes/seam-process.ts')],
    environment: {
      EVENTS: `${events}`,
      FROM: new Date(from).toISOString(),
      TO: new Date(to).toISOString(),
      SEAM_API_KEY: API_KEY,
    },
  })
}

/** Waits until a run of the poller has proven everything, and returns the seconds. */
async function untilComplete(databaseUrl: string): Promise<number> {
  const startedAt = performance.now()
  return onDatabase(databaseUrl, async (client) => {
    for (;;) {
      const { rows } = await client.query("select from poll_runs where outcome = 'complete'")
      if (rows.length > 0) return (performance.now() - startedAt) / 1000
      await setTimeout(LOOK_EVERY_MS)
    }
  })
}
