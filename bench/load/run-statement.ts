import pg from 'pg'
import { runInTurn } from './run-in-turn.ts'
import type { LoadResult } from './run-load.ts'

/** Runs that don't count: a connection's first ones plan and warm up, and Postgres decides on a generic plan after the fifth. */
const WARM_UP_RUNS = 6

/**
 * Measures a named prepared statement without HTTP around it. Postgres may keep one plan for all values or plan each time,
 * whichever it thinks better (`plan_cache_mode`). Both ways are tried here and the faster one counts, because a baseline should
 * be the best there is.
 */
export async function runStatement(
  databaseUrl: string,
  statement: { text: string; parameters: unknown[] },
  limits: { count: number; seconds: number },
): Promise<LoadResult> {
  const auto = await runOn(databaseUrl, 'auto', statement, limits)
  const custom = await runOn(databaseUrl, 'force_custom_plan', statement, limits)
  return auto.p50Ms < custom.p50Ms ? auto : custom
}

async function runOn(
  databaseUrl: string,
  planCacheMode: string,
  { text, parameters }: { text: string; parameters: unknown[] },
  { count, seconds }: { count: number; seconds: number },
): Promise<LoadResult> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    options: `-c plan_cache_mode=${planCacheMode}`,
    // JSON stays text, as in the service.
    types: { getTypeParser: () => (value: unknown) => value },
  })
  await client.connect()
  try {
    const query = { name: 'bench', text, values: parameters }
    await runInTurn(() => client.query(query), { count: WARM_UP_RUNS, seconds })
    return await runInTurn(() => client.query(query), { count, seconds: seconds / 2 })
  } finally {
    await client.end()
  }
}
