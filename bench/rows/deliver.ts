import { type Bench, WEBHOOK_SECRET } from '../bench.ts'
import type { StartedProcess } from '../processes/start-process.ts'
import { countEvents, emptyEvents } from './empty-events.ts'
import { measureCpu } from './measure-cpu.ts'
import type { Run } from './median-run.ts'

/** Deliveries to prepare for each second of a run. No service here answers more. */
const MOST_PER_SECOND = 22_000

export interface DeliverOptions {
  process: StartedProcess
  /** The database that the service stores in. Null: it stores nothing. */
  databaseUrl: string | null
  connections: number
  seconds: number
  /** Deliveries a second. Null: as fast as the service answers. */
  ratePerSecond: number | null
  count?: number
}

/** Makes one run of webhooks on an empty table. Adds to `problems` what makes the figure dishonest: refusals, missing events. */
export async function deliver(
  bench: Bench,
  { process, databaseUrl, connections, seconds, ratePerSecond, count }: DeliverOptions,
  problems: string[],
): Promise<Run> {
  if (databaseUrl !== null) await emptyEvents(databaseUrl)
  const { result: load, cpu } = await measureCpu(
    { service: process.pid, postgres: (await bench.server()).pid },
    () =>
      bench.load().run({
        kind: 'webhooks',
        url: process.url,
        secret: WEBHOOK_SECRET,
        connections,
        seconds,
        count: count ?? Math.ceil((ratePerSecond ?? MOST_PER_SECOND) * seconds),
        ratePerSecond,
      }),
    ({ ok }) => ok,
  )
  const refused = Object.entries(load.failed).map(([status, times]) => `${times} × ${status}`)
  if (refused.length > 0) problems.push(`answers other than 2xx: ${refused.join(', ')}`)
  const stored = databaseUrl === null ? load.ok : await countEvents(databaseUrl)
  if (stored !== load.ok) problems.push(`${load.ok} were answered 2xx, but ${stored} are stored`)
  return { load, cpu }
}
