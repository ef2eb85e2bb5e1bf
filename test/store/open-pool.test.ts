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
  const limits = { maxConnections: 1, maxWaiting: 10, connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 }
  const db = openTestPool(proxy.url, { ...limits, ...options })
  opened.push(db)
  return db
}

const pidOf = async (db: Db) =>
  (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid

/** Through Kysely, past it, and past pg's rows: each waits for connections and ends its statements by the same rules. */
const WAYS: [string, (db: Db, text: string) => Promise<unknown>][] = [
  ['through Kysely', (db, text) => sql.raw(text).execute(db)],
  ['as text', (db, text) => runSql(db, text, [])],
  ['as text, for texts', (db, text) => db.queryTexts(text, [])],
]

test.each(WAYS)(
  'I12: past the number of callers that may wait for a connection, the next one is refused at once: %s',
  async (_title, ask) => {
    const db = open({ maxWaiting: 2 })
    const lock = await db.startTransaction().execute()
    const waiting = [pidOf(db), pidOf(db)]
    const refused = await ask(db, 'select 1').catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(PoolBusyError)
    expect(isDatabaseAway(refused)).toBe(true)
    await lock.rollback().execute()
    expect(new Set(await Promise.all(waiting)).size).toBe(1)
    await expect(pidOf(db)).resolves.toBeTypeOf('number')
  },
)

test.each(WAYS)(
  'I12: Postgres ends a statement that takes too long, and the connection lives on: %s',
  async (_title, ask) => {
    const db = open({ statementTimeoutMs: 1_000 })
    const before = await pidOf(db)
    const error = await ask(db, 'select pg_sleep(600)').catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: '57014' })
    expect(isDatabaseAway(error)).toBe(true)
    expect(await pidOf(db)).toBe(before)
  },
)

test.each(WAYS)(
  'I12: a statement that never ends, and is not ended by Postgres, takes its connection with it instead of blocking the next: %s',
  async (_title, ask) => {
    // As on a network gone silent: Postgres' own limit never comes into it.
    const db = open({ statementTimeoutMs: 1_000 })
    const before = await pidOf(db)
    await sql`set statement_timeout = 0`.execute(db)
    const error = await ask(db, 'select pg_sleep(600)').catch((cause: unknown) => cause)
    expect(error).toMatchObject({ message: 'Query read timeout' })
    expect(isDatabaseAway(error)).toBe(true)
    const after = await pidOf(db)
    expect(after).toBeTypeOf('number')
    expect(after).not.toBe(before)
  },
)

test('rows for texts are what Postgres sends, also after a statement that failed half way', async () => {
  const db = open()
  const failing = db.queryTexts('select 1 / (3 - n) from generate_series(1, $1::int) as n', [5])
  await expect(failing).rejects.toMatchObject({ code: '22012' })
  const rows = await db.queryTexts('select n, null, $1::json, n = 1 from generate_series(1, 2) as n', [
    '{"b":1.0, "a":[]}',
  ])
  expect(rows).toEqual([
    ['1', null, '{"b":1.0, "a":[]}', 't'],
    ['2', null, '{"b":1.0, "a":[]}', 'f'],
  ])
  expect(await db.queryTexts('select 1 where $1', [false])).toEqual([])
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
