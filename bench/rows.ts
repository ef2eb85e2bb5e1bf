import type { Bench } from './bench.ts'
import type { Figure } from './results/figure.ts'
import { backfill } from './rows/backfill.ts'
import { bulk } from './rows/bulk.ts'
import { devices } from './rows/devices.ts'
import { exportEvents } from './rows/export-events.ts'
import { listBodies } from './rows/list-bodies.ts'
import { listFilters } from './rows/list-filters.ts'
import { listGzip } from './rows/list-gzip.ts'
import { start } from './rows/start.ts'
import { stats } from './rows/stats.ts'
import { webhookIdle } from './rows/webhook-idle.ts'
import { webhookThroughput } from './rows/webhook-throughput.ts'

export interface Row {
  /** The name that `--only` takes. */
  name: string
  run: (bench: Bench) => Promise<Figure[]>
}

/** Everything that is measured, in the order of the table. */
export const ROWS: readonly Row[] = [
  { name: 'webhook', run: webhookThroughput },
  { name: 'webhook-idle', run: webhookIdle },
  { name: 'bulk', run: bulk },
  { name: 'backfill', run: backfill },
  { name: 'list-filters', run: listFilters },
  { name: 'list-bodies', run: listBodies },
  { name: 'list-gzip', run: listGzip },
  { name: 'export', run: exportEvents },
  { name: 'stats', run: stats },
  { name: 'devices', run: devices },
  { name: 'start', run: start },
]
