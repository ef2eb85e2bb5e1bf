import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { migrateDatabase } from '../service-parts.ts'

/** The benchmark's own Postgres, durable as in production. Its files are deleted when it is stopped. */
export interface Server {
  /** The postmaster's pid, to measure CPU time. */
  pid: number
  /** A folder that Postgres can write to. */
  dataDir: string
  /** Makes a migrated, empty database, and returns its URL. */
  createDatabase(name: string): Promise<string>
  stop(): Promise<void>
}

const STOP_TIMEOUT_MS = 10_000
const LOOK_EVERY_MS = 20

/** Turns syncing on, which a temporary embedded server leaves out. */
const DURABLE = ['fsync=on', 'full_page_writes=on', 'synchronous_commit=on']

/** Starts the server, and refuses to go on unless it syncs what it commits. `settings` are such as `max_wal_size=4GB`. */
export async function startServer(settings: readonly string[]): Promise<Server> {
  const server = await startEmbeddedPostgres({ settings: [...settings, ...DURABLE] })
  try {
    const pidFile = path.join(server.dataDir, 'cluster', 'postmaster.pid')
    const pid = Number((await readFile(pidFile, 'utf8')).split('\n')[0])
    await assertDurable(server.url)
    return {
      pid,
      dataDir: server.dataDir,
      createDatabase: async (name) => {
        await onDatabase(server.url, (client) => client.query(`create database ${name}`))
        const url = new URL(server.url)
        url.pathname = `/${name}`
        await migrateDatabase(url.href)
        return url.href
      },
      stop: () => throwAway(pid, pidFile, server.dataDir),
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/**
 * Ends the server at once and deletes its files. An orderly shutdown would first write out gigabytes that nobody reads again, and
 * take longer than Ctrl-C is given.
 */
async function throwAway(pid: number, pidFile: string, dataDir: string): Promise<void> {
  process.kill(pid, 'SIGQUIT')
  const giveUpAt = performance.now() + STOP_TIMEOUT_MS
  while (existsSync(pidFile) && performance.now() < giveUpAt) await setTimeout(LOOK_EVERY_MS)
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
}

/** Runs a task on a connection of its own. */
export async function onDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function assertDurable(url: string): Promise<void> {
  await onDatabase(url, async (client) => {
    const values: string[] = []
    for (const name of ['fsync', 'synchronous_commit', 'full_page_writes', 'server_version']) {
      const { rows } = await client.query<Record<string, string>>(`show ${name}`)
      values.push(`${name} ${rows[0]?.[name]}`)
    }
    console.error(`Postgres: ${values.join(', ')}`)
    if (values.slice(0, 3).some((value) => !value.endsWith(' on'))) {
      throw new Error('The benchmark measures only a Postgres that syncs its commits.')
    }
  })
}
