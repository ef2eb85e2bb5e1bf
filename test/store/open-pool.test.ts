import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Db, runSql } from '../../src/store/open-database.ts'
import { openTestPool } from '../support/open-test-pool.ts'
import { PoolBusyError, type PoolOptions, prepared } from '../../src/store/open-pool.ts'
import { isDatabaseAway } from '../../src/store/postgres-errors.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { startTransactionPooler } from '../support/transaction-pooler.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

let database: TestDatabase
let proxy: TcpProxy
const opened: Db[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startTcpProxy(database.url)
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((db) => db.destroy()))
})
afterAll(async () => {
  await proxy.stop()
  await database.drop()
})

function open(options: Partial<PoolOptions> = {}): Db {
  const limits = { maxConnections: 1, maxWaiting: 10, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 }
  const db = openTestPool(proxy.url, { ...limits, ...options })
  opened.push(db)
  return db
}

const pidOf = async (db: Db) =>
  (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid

test('I12: past the number of callers that may wait for a connection, the next one is refused at once', async () => {
  const db = open({ maxWaiting: 2 })
  const lock = await db.startTransaction().execute()
  const waiting = [pidOf(db), pidOf(db)]
  const refused = await pidOf(db).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(PoolBusyError)
  expect(isDatabaseAway(refused)).toBe(true)
  await lock.rollback().execute()
  expect(new Set(await Promise.all(waiting)).size).toBe(1)
  await expect(pidOf(db)).resolves.toBeTypeOf('number')
})

test('I12: Postgres ends a statement that takes too long, and the connection lives on', async () => {
  const db = open({ statementTimeoutMs: 50 })
  const before = await pidOf(db)
  const error = await sql`select pg_sleep(30)`.execute(db).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: '57014' })
  expect(isDatabaseAway(error)).toBe(true)
  expect(await pidOf(db)).toBe(before)
})

test('I12: a statement that never ends, and is not ended by Postgres, takes its connection with it instead of blocking the next', async () => {
  // As on a network gone silent: Postgres' own limit never comes into it.
  const db = open({ statementTimeoutMs: 100 })
  const before = await pidOf(db)
  await sql`set statement_timeout = 0`.execute(db)
  const error = await sql`select pg_sleep(30)`.execute(db).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ message: 'Query read timeout' })
  expect(isDatabaseAway(error)).toBe(true)
  const after = await pidOf(db)
  expect(after).toBeTypeOf('number')
  expect(after).not.toBe(before)
})

test('a statement that is marked is prepared once for a connection, but not behind a pooler', async () => {
  const statement = prepared('answer', 'select $1::int + 41 as answer')
  const names = async (db: Db) =>
    (await sql<{ name: string }>`select name from pg_prepared_statements where name <> ''`.execute(db)).rows
  const run = async (db: Db) => {
    for (let i = 0; i < 3; i++) expect(await runSql(db, statement, [1])).toEqual([{ answer: 42 }])
  }
  const direct = open()
  await run(direct)
  expect(await names(direct)).toEqual([{ name: 'answer' }])

  const pooler = await startTransactionPooler(database.url, 2)
  onTestFinished(() => pooler.stop())
  const pooled = open({ connectionString: pooler.url })
  await run(pooled)
  for (let i = 0; i < 2; i++) expect(await names(pooled)).toEqual([])
})
