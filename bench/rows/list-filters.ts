import { writeFile } from 'node:fs/promises'
import type { Bench } from '../bench.ts'
import { type Plan, explain } from '../dataset/explain.ts'
import { type ListCase, listCases } from '../dataset/list-cases.ts'
import { secondPage } from '../dataset/second-page.ts'
import { FIRST_CREATED_AT } from '../dataset/values.ts'
import { FEW_EVENTS, MANY_EVENTS } from '../dataset/sizes.ts'
import { peakRssMb } from '../processes/process-tree.ts'
import type { StartedProcess } from '../processes/start-process.ts'
import type { Figure } from '../results/figure.ts'
import { median } from '../results/percentile.ts'
import { issueReadKey } from '../service-parts.ts'
import { listEventsSql } from '../../src/store/events/list-events-sql.ts'
import { inTurn } from './in-turn.ts'

const MOST_OF_SQL = 2
const MOST_OF_FEW_EVENTS = 1.5
/** A case that takes longer is measured only once, because the machine's noise is not its problem. */
const SLOW_MS = 500

interface Store {
  events: number
  databaseUrl: string
  process: StartedProcess
  key: string
}

/** `/events/list`, one request at a time, beside its SQL without HTTP. Both among few events and among many. */
export async function listFilters(bench: Bench): Promise<Figure[]> {
  const few = await openStore(bench, FEW_EVENTS)
  const many = bench.options.isQuick ? null : await openStore(bench, MANY_EVENTS)
  const figures: Figure[] = []
  const plans: { name: string; plan: Plan }[] = []
  for (const each of listCases()) {
    const inFew = await measureCase(bench, few, each)
    const inMany = many === null ? null : await measureCase(bench, many, each)
    const explained = await explain((many ?? few).databaseUrl, each.query)
    plans.push({ name: each.name, plan: explained })
    figures.push(sqlFigure(few, each, inFew))
    if (many === null || inMany === null) continue
    const violations = explained.violations.map((text) => `the plan ${text}`)
    figures.push(
      { ...sqlFigure(many, each, inMany), problems: [...inMany.problems, ...violations] },
      growthFigure(each, inFew.http, inMany.http),
    )
  }
  figures.push(await httpAlone(bench, few), ...(await besideBareService(bench, few)))
  const { plansFile } = bench.options
  await writeFile(plansFile, printPlans(plans, (many ?? few).events))
  for (const store of [few, many]) await store?.process.stop()
  return figures
}

async function openStore(bench: Bench, events: number): Promise<Store> {
  const databaseUrl = await bench.storedEvents.database(events)
  const key = await issueReadKey(databaseUrl)
  const process = await bench.startMirror(databaseUrl)
  // Warm up, so that the first case does not pay for compiling code and filling pools.
  await bench.load().run({
    kind: 'requests',
    url: process.url,
    path: '/events/list',
    key,
    body: JSON.stringify({ since: FIRST_CREATED_AT, limit: 50 }),
    connections: 4,
    seconds: bench.options.isQuick ? 1 : 3,
    count: 10_000,
  })
  return { events, databaseUrl, key, process }
}

/** The cost of a request that asks nothing of Postgres. No answer over HTTP can be faster. */
async function httpAlone(bench: Bench, { process: { url }, key }: Store): Promise<Figure> {
  const command = { kind: 'requests', url, path: '/livez', key, body: null, connections: 1 } as const
  const { p50Ms, p99Ms } = await bench.load().run({ ...command, seconds: 0.5, count: 1000 })
  return {
    row: 'list-filters',
    what: 'HTTP without a query (/livez)',
    unit: 'ms',
    ours: p50Ms,
    baseline: null,
    target: null,
    p50Ms,
    p99Ms,
  }
}

/** How far we are from the least that a Node service can need. Both get one request at a time, in turn. It has no target. */
async function besideBareService(
  bench: Bench,
  { databaseUrl, process: ours, key }: Store,
): Promise<Figure[]> {
  const bare = await bench.startBaseline('bare-list-service', databaseUrl)
  const figures: Figure[] = []
  for (const limit of [50, 500]) {
    const ask = (url: string) =>
      bench.load().run({
        kind: 'requests',
        url,
        path: '/events/list',
        key,
        body: JSON.stringify({ since: FIRST_CREATED_AT, limit }),
        connections: 1,
        seconds: bench.options.isQuick ? 0.3 : 1,
        count: 10_000,
      })
    await inTurn(1, { ours: () => ask(ours.url), bare: () => ask(bare.url) })
    const runs = await inTurn(3, { ours: () => ask(ours.url), bare: () => ask(bare.url) })
    const [mine, theirs] = [runs.ours, runs.bare].map((each) => median(each.map(({ p50Ms }) => p50Ms)))
    figures.push({
      row: 'list-filters',
      what: `list, newest, limit ${limit}, beside a bare service`,
      unit: 'ms',
      ours: mine ?? Number.NaN,
      baseline: { what: 'node:http and a prepared statement', value: theirs ?? Number.NaN },
      target: null,
    })
  }
  await bare.stop()
  return figures
}

/** Medians of p50s, in ms. */
interface Times {
  problems: string[]
  http: number
  sql: number
  p99Ms: number
  peakRssMb: number | null
}

async function measureCase(
  bench: Bench,
  { databaseUrl, process: { url, pid }, key }: Store,
  given: ListCase,
): Promise<Times> {
  const { body, query } = given.isSecondPage ? await secondPage(url, key, given) : given
  const limits = bench.options.isQuick ? { seconds: 0.06, count: 20 } : { seconds: 0.15, count: 40 }
  const http = () =>
    bench.load().run({
      kind: 'requests',
      url,
      path: '/events/list',
      key,
      body: JSON.stringify(body),
      connections: 1,
      ...limits,
    })
  const { text, values } = listEventsSql(query)
  const sql = () =>
    bench.load().run({ kind: 'statement', databaseUrl, text, parameters: [...values], ...limits })
  const first = await http()
  const rounds = bench.options.isQuick || first.p50Ms > SLOW_MS ? 1 : 3
  const runs = await inTurn(rounds, { http, sql })
  const refused = [...new Set(runs.http.flatMap(({ failed }) => Object.keys(failed)))]
  return {
    problems: refused.map((status) => `it was answered ${status}`),
    http: median(runs.http.map(({ p50Ms }) => p50Ms)),
    sql: median(runs.sql.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(runs.http.map(({ p99Ms }) => p99Ms)),
    peakRssMb: peakRssMb(pid),
  }
}

function sqlFigure({ events }: Store, { name }: ListCase, times: Times): Figure {
  return {
    row: 'list-filters',
    what: `list, ${events.toLocaleString('en-US')} events: ${name}`,
    unit: 'ms',
    ours: times.http,
    baseline: { what: 'SQL alone', value: times.sql },
    target: { atMost: MOST_OF_SQL },
    p50Ms: times.http,
    p99Ms: times.p99Ms,
    peakRssMb: times.peakRssMb,
    problems: times.problems,
  }
}

function growthFigure({ name }: ListCase, few: number, many: number): Figure {
  return {
    row: 'list-filters',
    what: `list, growth: ${name}`,
    unit: 'ms',
    ours: many,
    baseline: { what: `with ${FEW_EVENTS.toLocaleString('en-US')} events`, value: few },
    target: { atMost: MOST_OF_FEW_EVENTS },
  }
}

function printPlans(plans: readonly { name: string; plan: Plan }[], events: number): string {
  const sections = plans.map(({ name, plan: { text, violations } }) =>
    [`### ${name}`, '', ...violations.map((each) => `**${each}**\n`), '```', text, '```', ''].join('\n'),
  )
  return [
    `## Plans of \`/events/list\` among ${events.toLocaleString('en-US')} events`,
    '',
    ...sections,
  ].join('\n')
}
