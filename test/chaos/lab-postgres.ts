import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { findPrograms } from '../../src/embedded-postgres/embedded-postgres-programs.ts'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { migrate } from '../../src/postgres/migrate.ts'
import { openTestPool } from '../support/open-test-pool.ts'
import { onServer, withDatabase } from '../support/postgres-server.ts'
import { INSTRUMENTS_SQL } from './instruments.ts'
import { PATIENCE_MS } from './until.ts'

const run = promisify(execFile)
const TEMPLATE = 'chaos_template'

/** The laboratory's own Postgres server, which rounds may restart. */
export interface LabPostgres {
  /** Adds a migrated database with the instruments in it. Returns its URL. */
  createDatabase(name: string): Promise<string>
  dropDatabase(name: string): Promise<void>
  /** Runs a statement in the maintenance database. */
  onMaintenance(text: string): Promise<void>
  /** Restarts the server. `fast` rolls back what runs. `immediate` is a crash, after which the server recovers from its log. */
  restart(mode: 'fast' | 'immediate'): Promise<void>
  stop(): Promise<void>
}

export async function startLabPostgres(): Promise<LabPostgres> {
  // By default Postgres waits a second before it looks for a deadlock, which is a good part of a round.
  const settings = ['max_connections=200', 'deadlock_timeout=100ms']
  const server = await startEmbeddedPostgres({ settings })
  await createTemplate(server.url)
  const programs = await findPrograms()
  const onMaintenance = (text: string) => retried(() => onServer(server.url, (client) => client.query(text)))
  return {
    createDatabase: async (name) => {
      await onMaintenance(`create database ${name} template ${TEMPLATE}`)
      return withDatabase(server.url, name)
    },
    dropDatabase: (name) => onMaintenance(`drop database if exists ${name} with (force)`),
    onMaintenance,
    restart: async (mode) => {
      // The server starts with its former settings, its port included.
      const args = ['restart', '-D', path.join(server.dataDir, 'cluster'), '-m', mode, '-w']
      const log = ['-l', path.join(server.dataDir, 'postgres.log')]
      await run(programs.pgCtl, [...args, ...log], { ...programs.runAs, cwd: server.dataDir })
    },
    stop: () => server.stop(),
  }
}

async function createTemplate(serverUrl: string): Promise<void> {
  await onServer(serverUrl, (client) => client.query(`create database ${TEMPLATE}`))
  const url = withDatabase(serverUrl, TEMPLATE)
  const db = openTestPool(url)
  await migrate(db)
  await db.destroy()
  await onServer(url, (client) => client.query(INSTRUMENTS_SQL))
}

/** Repeats the work while the server cannot be reached, which is never for long in the laboratory. */
export async function retried<Result>(work: () => Promise<Result>): Promise<Result> {
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      // An error that Postgres gave for the statement itself is not retried.
      const isFromPostgres = error instanceof pg.DatabaseError && !error.code?.startsWith('57P')
      if (isFromPostgres || performance.now() > giveUpAt) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
