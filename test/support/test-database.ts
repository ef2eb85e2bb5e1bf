import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type Db, openDatabase } from '../../src/store/open-database.ts'
import { onServer, withDatabase } from './postgres-server.ts'

export interface TestDatabase {
  url: string
  /** Opens a pool on it; `drop` closes it. */
  open(maxConnections?: number): Db
  drop(): Promise<void>
}

/** A database of its own for a test file: migrated and empty, or with `{ migrated: false }` without any table. */
export async function createTestDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl')
  const name = `seam_mirror_test_${randomBytes(6).toString('hex')}`
  const template = migrated ? inject('templateName') : 'template0'
  await onServer(serverUrl, (client) => client.query(`create database ${name} template ${template}`))
  const url = withDatabase(serverUrl, name)
  const pools: Db[] = []
  return {
    url,
    open: (maxConnections = 10) => {
      const db = openDatabase({
        connectionString: url,
        maxConnections,
        maxWaiting: 1_000,
        connectTimeoutMs: 10_000,
        statementTimeoutMs: 30_000,
        onIdleError: () => {},
        onRefusedSettings: () => {},
      })
      pools.push(db)
      return db
    },
    drop: async () => {
      await Promise.all(pools.map((db) => db.destroy()))
      await onServer(serverUrl, (client) => client.query(`drop database ${name} with (force)`))
    },
  }
}
