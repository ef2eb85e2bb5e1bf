import pg from 'pg'
import { createEventTexts } from '../events/make-events.ts'
import { EVENT_INSERT_SQL, eventInsertValues } from '../events/event-insert.ts'
import { runInTurn } from './run-in-turn.ts'
import type { LoadResult } from './run-load.ts'

/** Runs the single INSERT by hand: one connection, a prepared statement, and values that are ready before the clock runs. */
export async function runInserts(databaseUrl: string, count: number): Promise<LoadResult> {
  const nextText = createEventTexts()
  const rows = Array.from({ length: count }, () => eventInsertValues(nextText()))
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return await runInTurn(
      (i) => client.query({ name: 'bench', text: EVENT_INSERT_SQL, values: rows[i] ?? [] }),
      { count, seconds: 60 },
    )
  } finally {
    await client.end()
  }
}
