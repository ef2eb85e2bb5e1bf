import path from 'node:path'
import type { Bench } from '../bench.ts'
import { onDatabase } from '../processes/start-server.ts'
import type { BulkResult } from '../processes/bulk-process.ts'
import { median } from '../results/percentile.ts'
import type { Figure } from '../results/figure.ts'
import { emptyEvents } from './empty-events.ts'
import { inTurn } from './in-turn.ts'
import { ingestInBulk } from './ingest-in-bulk.ts'
import { measureCpu } from './measure-cpu.ts'

/** The bulk path (pages of 500, one client), beside one COPY statement that loads the very rows it made from a file on the server. */
export async function bulk(bench: Bench): Promise<Figure[]> {
  const server = await bench.server()
  const databaseUrl = await server.createDatabase('bulk')
  const file = path.join(server.dataDir, 'bench-copy.txt')
  const events = bench.options.isQuick ? 5_000 : 30_000
  const problems: string[] = []
  const columns = await copiedColumns(databaseUrl)
  const ours = () => ingestInBulk(bench, databaseUrl, events, problems)
  await ours()
  await onDatabase(databaseUrl, (client) => client.query(`copy events (${columns}) to '${file}'`))
  const copy = () => copyBack(databaseUrl, server.pid, columns, file, events)
  const mine: BulkResult[] = []
  const copies: Awaited<ReturnType<typeof copy>>[] = []
  await inTurn(bench.options.isQuick ? 2 : 3, {
    ours: async () => mine.push(await ours()),
    copy: async () => copies.push(await copy()),
  })
  const of = (value: (run: BulkResult) => number) => median(mine.map(value))
  const micros = (seconds: number) => (seconds * 1e6) / events
  const copyCpu = median(copies.map(({ cpu }) => cpu.postgres ?? Number.NaN))
  return [
    {
      row: 'bulk',
      what: 'bulk path, pages of 500',
      unit: 'events/s',
      ours: events / of(({ seconds }) => seconds),
      baseline: {
        what: 'COPY of the same rows',
        value: events / median(copies.map(({ result }) => result.seconds)),
      },
      target: { atLeast: 0.65 },
      cpuMicros: {
        service: of(({ cpuSeconds }) => micros(cpuSeconds.service)),
        postgres:
          mine[0]?.cpuSeconds.postgres === null
            ? null
            : of(({ cpuSeconds }) => micros(cpuSeconds.postgres ?? 0)),
      },
      peakRssMb: of(({ peakRssMb }) => peakRssMb),
      problems,
      notes: [
        'ours parses the texts, takes PINs out and seals them, and commits each page; COPY commits once',
        ...(Number.isNaN(copyCpu)
          ? []
          : [`COPY takes ${copyCpu.toFixed(1)} CPU µs of Postgres for each row`]),
      ],
    },
  ]
}

/** Empties the table, then measures one COPY statement that loads the rows from the file. */
async function copyBack(
  databaseUrl: string,
  postgresPid: number,
  columns: string,
  file: string,
  events: number,
) {
  await emptyEvents(databaseUrl)
  return onDatabase(databaseUrl, (client) =>
    measureCpu(
      { service: null, postgres: postgresPid },
      async () => {
        const startedAt = performance.now()
        await client.query(`copy events (${columns}) from '${file}'`)
        return { seconds: (performance.now() - startedAt) / 1000 }
      },
      () => events,
    ),
  )
}

/** The columns that an insert fills. The other columns have defaults, which COPY fills as well. */
async function copiedColumns(databaseUrl: string): Promise<string> {
  return onDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ columns: string }>(
      `select string_agg(column_name, ', ' order by ordinal_position) as columns
       from information_schema.columns where table_name = 'events' and column_default is null`,
    )
    return rows[0]?.columns ?? ''
  })
}
