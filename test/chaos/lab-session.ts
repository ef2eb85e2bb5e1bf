import pg from 'pg'

/** The longest time that a transaction of the laboratory waits for a lock. */
const LOCK_TIMEOUT = '3s'

/** A transaction that stays open. */
export interface Held {
  run(statement: string): Promise<void>
  commit(): Promise<void>
}

/** The laboratory's own sessions may write even while the database is read-only for everybody else. */
export function labSession(connectionString: string) {
  return {
    connectionString,
    application_name: 'chaos-lab',
    options: '-c default_transaction_read_only=off',
  }
}

/** Runs statements in a transaction that stays open. Returns null when they failed. */
export async function hold(url: string, statements: readonly string[]): Promise<Held | null> {
  const client = new pg.Client(labSession(url))
  client.on('error', () => {})
  const end = () => client.end().catch(() => {})
  try {
    await client.connect()
    await client.query(`begin; set local lock_timeout = '${LOCK_TIMEOUT}'`)
    for (const statement of statements) await client.query(statement)
  } catch {
    // A lock, a deadlock or the end of the server refused the transaction, so it has not happened.
    await end()
    return null
  }
  return {
    // The commit may be refused as well.
    run: async (statement) => void (await client.query(statement).catch(() => {})),
    commit: async () => {
      await client.query('commit').catch(() => {})
      await end()
    },
  }
}
