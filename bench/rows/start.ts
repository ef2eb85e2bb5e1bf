import type { Bench } from '../bench.ts'
import { peakRssMb } from '../processes/process-tree.ts'
import type { Figure } from '../results/figure.ts'
import { median } from '../results/percentile.ts'
import { WORKSPACE_ID } from '../service-parts.ts'

const MOST_MS = 1000

/** The time from `npm start` until the service listens, with a migrated database. */
export async function start(bench: Bench): Promise<Figure[]> {
  const databaseUrl = await (await bench.server()).createDatabase('start')
  const environment = {
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    SEAM_WORKSPACE_ID: WORKSPACE_ID,
  }
  const times: number[] = []
  const alone: number[] = []
  let memory: number | null = null
  for (let round = 0; round < (bench.options.isQuick ? 2 : 5); round++) {
    const service = await bench.start({ command: ['npm', 'start'], environment, isUnderNpm: true })
    times.push(service.startMs)
    memory = peakRssMb(service.pid)
    await service.stop()
    const direct = await bench.start({
      command: [process.execPath, 'bin/seam-mirror.js', 'serve'],
      environment,
    })
    alone.push(direct.startMs)
    await direct.stop()
  }
  return [
    {
      row: 'start',
      what: 'npm start until it listens',
      unit: 'ms',
      ours: median(times),
      baseline: null,
      target: { atMost: MOST_MS },
      peakRssMb: memory,
      notes: [`${Math.round(median(alone))} ms of it without npm (node bin/seam-mirror.js serve)`],
    },
  ]
}
