import type { EventQuery } from '../../src/store/events/event-query.ts'
import { listEventsSql } from '../../src/store/events/list-events-sql.ts'
import { onDatabase } from '../processes/start-server.ts'

/** Sorting up to this many rows costs nothing that can be measured. Ids that come in arrays have few events, which are sorted (GIN). */
const SMALL_SORT_ROWS = 1_000

/** A plan that reads more rows than this in vain walks through the table, whatever the index. */
const WALK_ROWS = 100_000

export interface Plan {
  text: string
  /** What should not be in the plan. */
  violations: string[]
}

interface Node {
  'Node Type': string
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Node[]
}

/** Runs this query's statement with its values, and returns its plan and what is wrong with the plan. */
export async function explain(databaseUrl: string, query: EventQuery): Promise<Plan> {
  const { text, values } = listEventsSql(query)
  return onDatabase(databaseUrl, async (client) => {
    const run = (options: string) =>
      client.query<{ 'QUERY PLAN': unknown }>(`explain (analyze, buffers${options}) ${text}`, [...values])
    // A fresh connection reads the catalog first, and that would count as planning.
    await run('')
    const lines = (await run('')).rows.map((row) => String(row['QUERY PLAN']))
    const [row] = (await run(', format json')).rows
    const [plan] = (row?.['QUERY PLAN'] ?? []) as { Plan: Node }[]
    if (plan === undefined) throw new Error('Postgres gave no plan.')
    return {
      text: lines.map((line) => (line.length > 300 ? `${line.slice(0, 300)}…` : line)).join('\n'),
      violations: violationsIn(plan.Plan, query.limit),
    }
  })
}

function violationsIn(node: Node, limit: number): string[] {
  const below = (node.Plans ?? []).flatMap((each) => violationsIn(each, limit))
  const type = node['Node Type']
  if (type === 'Seq Scan' && node['Relation Name'] === 'events') return [...below, 'reads the whole table']
  const removed = (node['Rows Removed by Filter'] ?? 0) * node['Actual Loops']
  if (removed > WALK_ROWS) {
    return [...below, `reads ${removed.toLocaleString('en-US')} rows to throw them away`]
  }
  if (type !== 'Sort' && type !== 'Incremental Sort') return below
  // A sort that stops early still takes in all rows below it.
  const rows = (node.Plans ?? []).reduce((sum, each) => sum + each['Actual Rows'] * each['Actual Loops'], 0)
  if (rows <= Math.max(limit, SMALL_SORT_ROWS)) return below
  return [...below, `sorts ${Math.round(rows).toLocaleString('en-US')} rows to give ${limit}`]
}
