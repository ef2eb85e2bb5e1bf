import { type Bench, WEBHOOK_SECRET } from '../bench.ts'
import type { StartedProcess } from '../processes/start-process.ts'
import { countEvents, emptyEvents } from './empty-events.ts'
import { measureCpu } from './measure-cpu.ts'
import type { Run } from './median-run.ts'

/** No service here answers more a second; so many deliveries are prepared for each second. */
const MOST_PER_SECOND = 22_000

export interface DeliverOptions {
  process: StartedProcess
  /** Where it stores; null for one that does not. */
  databaseUrl: string | null
  connections: number
  seconds: number
  /** Null: as fast as it answers. */
  ratePerSecond: number | null
  count?: number
}

/** One run of webhooks on an empty table. `problems` gets what makes the figure dishonest: refusals, events that are not there. */
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
