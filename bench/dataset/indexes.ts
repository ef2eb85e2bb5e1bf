import type pg from 'pg'
import { onDatabase } from '../processes/start-server.ts'

export interface TableIndexes {
  /** Postgres's own statements that make the indexes again. */
  primaryKey: string
  others: string[]
  /** pg_indexes as text, for a comparison. */
  definitions: string
}

/** How many connections make indexes: one for each core that the benchmark is meant for. */
const BUILDERS = 2

/** Drops all indexes of `events`, and returns how to make them again. */
export async function dropIndexes(client: pg.Client): Promise<TableIndexes> {
  const definitions = await readDefinitions(client)
  const { rows: keys } = await client.query<{ name: string; definition: string }>(
    `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where conrelid = 'events'::regclass and contype = 'p'`,
  )
  const [key] = keys
  if (key === undefined) throw new Error('events has no primary key.')
  const { rows } = await client.query<{ indexname: string; indexdef: string }>(
    "select indexname, indexdef from pg_indexes where tablename = 'events' and indexname <> $1",
    [key.name],
  )
  await client.query(`alter table events drop constraint ${key.name}`)
  for (const { indexname } of rows) await client.query(`drop index ${indexname}`)
  return {
    primaryKey: `alter table events add constraint ${key.name} ${key.definition}`,
    others: rows.map(({ indexdef }) => indexdef),
    definitions,
  }
}

/** Makes the indexes again, two at a time. Throws unless they are what they were. */
export async function restoreIndexes(
  databaseUrl: string,
  { primaryKey, others, definitions }: TableIndexes,
): Promise<void> {
  await onDatabase(databaseUrl, (client) => client.query(primaryKey))
  const left = [...others]
  const build = () =>
    onDatabase(databaseUrl, async (client) => {
      await client.query('set max_parallel_maintenance_workers = 0')
      for (let next = left.shift(); next !== undefined; next = left.shift()) await client.query(next)
    })
  await Promise.all(Array.from({ length: BUILDERS }, build))
  await onDatabase(databaseUrl, async (client) => {
    if ((await readDefinitions(client)) !== definitions) {
      throw new Error('The indexes of events are not those of the migrations.')
    }
  })
}

async function readDefinitions(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ indexdef: string }>(
    "select indexdef from pg_indexes where tablename = 'events' order by indexname",
  )
  return rows.map(({ indexdef }) => indexdef).join('\n')
}
