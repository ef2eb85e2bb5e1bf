import type { Bench } from '../bench.ts'
import { fillEvents } from '../dataset/fill-events.ts'
import { foldEvents } from '../dataset/fold-events.ts'
import { FEW_EVENTS } from '../dataset/sizes.ts'
import type { Figure } from '../results/figure.ts'
import { median } from '../results/percentile.ts'
import { issueReadKey, WORKSPACE_ID } from '../service-parts.ts'
import { inTurn } from './in-turn.ts'

const DEVICES = 10_000
const EVENTS = 1_000_000
/** What the states of all devices now may take (issue 16). */
const MOST_MS = 100

interface DeviceCase {
  name: string
  path: string
  body: Record<string, unknown>
  /** What one would write without kept states. */
  sql: string
  mostMs: number | null
}

const NEWEST = (until: string) => `
select * from (
  select distinct on (device_id) device_id, event_type, created_at from events
where workspace_id = '${WORKSPACE_ID}' and event_type = any(array['device.connected', 'device.disconnected',
  'device.connection_became_flaky', 'device.connection_stabilized', 'device.unmanaged.connected', 'device.unmanaged.disconnected'])
  and created_at <= '${until}'
  order by device_id, created_at desc, event_id
) as newest order by created_at limit 500`

const CASES: readonly DeviceCase[] = [
  {
    name: 'now, those first that have been so longest',
    path: '/v1/devices/list',
    body: {},
    sql: NEWEST('2100-01-01T00:00:00Z'),
    mostMs: MOST_MS,
  },
  {
    name: 'now, the disconnected ones',
    path: '/v1/devices/list',
    body: { connection: 'disconnected' },
    sql: NEWEST('2100-01-01T00:00:00Z'),
    mostMs: MOST_MS,
  },
  {
    name: 'at an instant of the past',
    path: '/v1/devices/list',
    body: { at: '2026-06-01T00:00:00Z' },
    sql: NEWEST('2026-06-01T00:00:00Z'),
    mostMs: null,
  },
  {
    name: 'outages of a week',
    path: '/v1/devices/outages',
    body: { between: ['2026-06-01T00:00:00Z', '2026-06-08T00:00:00Z'] },
    sql: `
select * from (
  select device_id, event_type, created_at, lead(created_at) over (partition by device_id order by created_at)
  from events where workspace_id = '${WORKSPACE_ID}' and device_id is not null and created_at >= '2026-06-01T00:00:00Z'
    and created_at < '2026-06-08T00:00:00Z' and event_type like 'device.%connected'
) as e where event_type like '%disconnected' order by created_at desc limit 500`,
    mostMs: null,
  },
]

/**
 * The states of 10,000 devices, a page of 500, one request at a time, beside plain SQL that reads the connections alone; that of the
 * outages knows nothing of what lasted when the week began.
 */
export async function devices(bench: Bench): Promise<Figure[]> {
  const events = bench.options.isQuick ? FEW_EVENTS : EVENTS
  const databaseUrl = await (await bench.storedEvents.server()).createDatabase('devices')
  await fillEvents(databaseUrl, events, DEVICES)
  await foldEvents(databaseUrl, events)
  const key = await issueReadKey(databaseUrl)
  const service = await bench.startMirror(databaseUrl)
  const figures: Figure[] = []
  for (const each of CASES)
    figures.push(await measureCase(bench, databaseUrl, { url: service.url, key }, each))
  await service.stop()
  return figures
}

async function measureCase(
  bench: Bench,
  databaseUrl: string,
  { url, key }: { url: string; key: string },
  { name, path, body, sql, mostMs }: DeviceCase,
): Promise<Figure> {
  const limits = { seconds: 1, count: 20 }
  const http = () =>
    bench.load().run({
      kind: 'requests',
      url,
      path,
      key,
      body: JSON.stringify(body),
      connections: 1,
      ...limits,
    })
  const plain = () =>
    bench.load().run({ kind: 'statement', databaseUrl, text: sql, parameters: [], ...limits })
  await http()
  const runs = await inTurn(bench.options.isQuick ? 1 : 3, { http, plain })
  const ours = median(runs.http.map(({ p50Ms }) => p50Ms))
  const refused = [...new Set(runs.http.flatMap(({ failed }) => Object.keys(failed)))]
  return {
    row: 'devices',
    what: `${DEVICES.toLocaleString('en-US')} devices: ${name}`,
    unit: 'ms',
    ours,
    baseline: {
      what: 'plain SQL, connections alone',
      value: median(runs.plain.map(({ p50Ms }) => p50Ms)),
    },
    target: null,
    p50Ms: ours,
    p99Ms: median(runs.http.map(({ p99Ms }) => p99Ms)),
    problems: [
      ...refused.map((status) => `it was answered ${status}`),
      ...(mostMs !== null && ours > mostMs ? [`it took more than ${mostMs} ms`] : []),
    ],
  }
}
