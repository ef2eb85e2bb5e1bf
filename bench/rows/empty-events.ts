import { onDatabase } from '../processes/start-server.ts'

/** Makes every run begin alike: without events, and without work left over from the run before. */
export async function emptyEvents(databaseUrl: string): Promise<void> {
  await onDatabase(databaseUrl, async (client) => {
    await client.query('truncate events, quarantine')
    await client.query('checkpoint')
  })
}

export async function countEvents(databaseUrl: string): Promise<number> {
  return onDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from events')
    return rows[0]?.count ?? Number.NaN
  })
}
