import type { Bench } from '../bench.ts'
import { FEW_EVENTS, MANY_EVENTS } from '../dataset/sizes.ts'
import type { FoldCost } from '../dataset/stored-events.ts'
import { valueOf } from '../dataset/values.ts'
import type { Figure } from '../results/figure.ts'
import { median } from '../results/percentile.ts'
import { issueReadKey, WORKSPACE_ID } from '../service-parts.ts'
import { inTurn } from './in-turn.ts'

/** What a question about the whole workspace may take (issue 16), and one about one device. */
const MOST_MS = 150
/** A count from the events' index costs what the same statement costs by itself, and HTTP. */
const MOST_OF_SQL = 2
/**
 * What the background work may take for each event. On a busy machine it was 22 µs: 2 for reading the page, 9 for the roll-ups, 12 for the
 * states of devices.
 */
const MOST_FOLD_MICROS = 30

const ZONE = 'Europe/Berlin'
const WEEK = ['2026-06-01T00:00:00Z', '2026-06-08T00:00:00Z'] as const
const YEAR = ['2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'] as const

interface StatsCase {
  name: string
  body: { between: readonly [string, string]; bucket: string; [parameter: string]: unknown }
  /** The same count without roll-ups. */
  sql: { text: string; parameters: unknown[] }
  /** Of the statement by itself. */
  atMost: number
}

function statsCase(
  name: string,
  body: StatsCase['body'],
  { groups = '', condition = 'true', atMost = 1 }: { groups?: string; condition?: string; atMost?: number },
): StatsCase {
  const text = `select date_trunc('${body.bucket}', created_at, '${ZONE}'), ${groups} count(*) from events
where workspace_id = $1 and created_at >= $2 and created_at < $3 and ${condition} group by ${groups} 1`
  return { name, body, sql: { text, parameters: [WORKSPACE_ID, ...body.between] }, atMost }
}

const DEVICE = valueOf('device_id', 0)
const CASES: readonly StatsCase[] = [
  statsCase(
    'a week by hour and type',
    { between: WEEK, bucket: 'hour', group_by: ['event_type'] },
    { groups: 'event_type,' },
  ),
  statsCase('a year by day', { between: YEAR, bucket: 'day' }, {}),
  statsCase(
    'a year by day and type',
    { between: YEAR, bucket: 'day', group_by: ['event_type'] },
    { groups: 'event_type,' },
  ),
  statsCase(
    'the busiest device by day',
    { between: YEAR, bucket: 'day', device_id: DEVICE },
    { condition: `device_id = '${DEVICE}'`, atMost: MOST_OF_SQL },
  ),
]

/** `/v1/events/stats`, one request at a time, beside plain SQL; and what keeping the roll-ups costs. */
export async function stats(bench: Bench): Promise<Figure[]> {
  const events = bench.options.isQuick ? FEW_EVENTS : MANY_EVENTS
  const databaseUrl = await bench.storedEvents.database(events)
  const key = await issueReadKey(databaseUrl)
  const service = await bench.startMirror(databaseUrl)
  const figures: Figure[] = []
  for (const each of CASES)
    figures.push(await measureCase(bench, databaseUrl, { events, url: service.url, key }, each))
  await service.stop()
  return [...figures, foldFigure(events, await bench.storedEvents.foldCost(events))]
}

async function measureCase(
  bench: Bench,
  databaseUrl: string,
  { events, url, key }: { events: number; url: string; key: string },
  { name, body, sql, atMost }: StatsCase,
): Promise<Figure> {
  const http = () =>
    bench.load().run({
      kind: 'requests',
      url,
      path: '/v1/events/stats',
      key,
      body: JSON.stringify({ ...body, time_zone: ZONE }),
      connections: 1,
      seconds: 1,
      count: 30,
    })
  const plain = () => bench.load().run({ kind: 'statement', databaseUrl, ...sql, seconds: 1, count: 10 })
  await http()
  const runs = await inTurn(bench.options.isQuick ? 1 : 3, { http, plain })
  const ours = median(runs.http.map(({ p50Ms }) => p50Ms))
  const refused = [...new Set(runs.http.flatMap(({ failed }) => Object.keys(failed)))]
  return {
    row: 'stats',
    what: `statistics, ${events.toLocaleString('en-US')} events: ${name}`,
    unit: 'ms',
    ours,
    baseline: { what: 'plain SQL without roll-ups', value: median(runs.plain.map(({ p50Ms }) => p50Ms)) },
    // Among few events there is little to save.
    target: bench.options.isQuick ? null : { atMost },
    p50Ms: ours,
    p99Ms: median(runs.http.map(({ p99Ms }) => p99Ms)),
    problems: [
      ...refused.map((status) => `it was answered ${status}`),
      ...(ours > MOST_MS && !bench.options.isQuick ? [`it took more than ${MOST_MS} ms`] : []),
    ],
  }
}

/** CPU counts, because this is work in the background. */
function foldFigure(events: number, { micros, cpuMicros }: FoldCost): Figure {
  return {
    row: 'stats',
    what: `folding ${events.toLocaleString('en-US')} events in the background: CPU of Postgres for each`,
    unit: 'µs',
    ours: cpuMicros ?? Number.NaN,
    baseline: null,
    target: { atMost: MOST_FOLD_MICROS },
    notes: [`It took ${micros.toFixed(1)} µs an event from begin to end.`],
  }
}
