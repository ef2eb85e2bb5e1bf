import { AbortedTransactionError, sql as kyselySql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Executor, runSql } from '../../src/postgres/open-database.ts'
import type { Db } from '../../src/store/database.ts'
import { openTestPool } from '../support/open-test-pool.ts'
import { preparedStatement } from '../../src/postgres/prepared-statement.ts'
import { rawSql, type Sql, sql } from '../../src/postgres/sql.ts'
import type { PoolOptions } from '../../src/postgres/open-pool.ts'
import { PoolBusyError } from '../../src/postgres/pool-busy-error.ts'
import { isDatabaseAway } from '../../src/postgres/postgres-errors.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { startTransactionPooler } from '../support/transaction-pooler.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database } = await databaseOfThisFile()
let proxy: TcpProxy
const opened: Db[] = []

beforeAll(async () => {
  proxy = await startTcpProxy(database.url)
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((db) => db.destroy()))
})
afterAll(async () => {
  await proxy.stop()
})

function open(options: Partial<PoolOptions> = {}): Db {
  const limits = { maxConnections: 1, maxWaiting: 10, connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 }
  const db = openTestPool(proxy.url, { ...limits, ...options })
  opened.push(db)
  return db
}

const pidOf = async (db: Db) =>
  (await runSql<{ pid: number }>(db, sql`select pg_backend_pid() as pid`))[0]?.pid

/** Through Kysely, past it, and past pg's rows: each waits for connections and ends its statements by the same rules. */
const WAYS: [string, (db: Db, text: string) => Promise<unknown>][] = [
  ['through Kysely', (db, text) => kyselySql.raw(text).execute(db)],
  ['as a statement', (db, text) => runSql(db, rawSql(text))],
  ['as a statement, for texts', (db, text) => db.queryTexts(rawSql(text), Infinity)],
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
  'A2: closing ends the connections, and again does nothing more, when it was used %s',
  async (_title, ask) => {
    const db = open()
    await ask(db, 'select 1')
    await db.destroy()
    await db.destroy()
    await expect(runSql(db, sql`select 1`)).rejects.toThrow('Cannot use a pool after calling end on the pool')
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
    // The network has gone silent, so Postgres' own limit does not help.
    const db = open({ statementTimeoutMs: 1_000 })
    const before = await pidOf(db)
    await runSql(db, sql`set statement_timeout = 0`)
    const error = await ask(db, 'select pg_sleep(600)').catch((cause: unknown) => cause)
    expect(error).toMatchObject({ message: 'Query read timeout' })
    expect(isDatabaseAway(error)).toBe(true)
    const after = await pidOf(db)
    expect(after).toBeTypeOf('number')
    expect(after).not.toBe(before)
  },
)

/** As many rows as asked for, of so many bytes each. */
const wide = (rows: number, bytes: number) =>
  sql`select repeat('x', ${bytes}) from generate_series(1, ${rows}::int)`

test.each<[string, Sql, number, boolean]>([
  ['ten gigabytes', wide(100_000, 100_000), 9, true],
  ['one row too many', wide(10, 100_000), 9, true],
  ['what just fits', wide(9, 100_000), 9, false],
  ['one row that is too long by itself', wide(1, 2_000_000), 1, false],
  ['several of them', wide(3, 2_000_000), 1, true],
  ['nothing', wide(0, 1), 0, false],
])(
  'E16, I12: rows for texts end before they are too many bytes, and the pool goes on: %s',
  async (_title, statement, expected, cut) => {
    const broken: Error[] = []
    const db = open({ onIdleError: (error) => void broken.push(error) })
    const before = await pidOf(db)
    const { rows, isCut } = await db.queryTexts(statement, 1_000_000)
    expect([rows.length, isCut]).toEqual([expected, cut])
    // Only a connection on which rows are still coming is given up, and quietly.
    expect((await pidOf(db)) === before).toBe(!cut)
    expect(broken).toEqual([])
  },
)

test('E16: Postgres does not go on with what nobody reads any more', async () => {
  const db = open()
  await db.queryTexts(wide(1_000_000, 100_000), 1_000_000)
  const running = () =>
    runSql<{ n: number }>(
      db,
      sql`select count(*)::int as n from pg_stat_activity where datname = current_database() and query like 'select repeat%'`,
    )
  await expect.poll(running, { timeout: 60_000 }).toEqual([{ n: 0 }])
})

test('rows for texts are what Postgres sends, also after a statement that failed half way', async () => {
  const db = open()
  const failing = db.queryTexts(sql`select 1 / (3 - n) from generate_series(1, ${5}::int) as n`, Infinity)
  await expect(failing).rejects.toMatchObject({ code: '22012' })
  const json = '{"b":1.0, "a":[]}'
  const statement = sql`select n, null, ${json}::json, n = 1 from generate_series(1, 2) as n`
  const { rows } = await db.queryTexts(statement, Infinity)
  expect(rows).toEqual([
    ['1', null, '{"b":1.0, "a":[]}', 't'],
    ['2', null, '{"b":1.0, "a":[]}', 'f'],
  ])
  expect(await db.queryTexts(sql`select 1 where ${false}`, Infinity)).toEqual({ rows: [], isCut: false })
})

test('a statement with a name is prepared once for a connection, but not behind a pooler', async () => {
  const answer = preparedStatement<number>(
    'answer',
    (input) => sql`select ${input((n) => n)}::int + 41 as answer`,
  )
  const names = async (db: Db) =>
    (await runSql<{ name: string }>(db, sql`select name from pg_prepared_statements where name <> ''`)).map(
      ({ name }) => name,
    )
  const run = async (db: Executor) => {
    for (let i = 0; i < 3; i++) expect(await runSql(db, answer(i))).toEqual([{ answer: i + 41 }])
  }
  const direct = open()
  await run(direct)
  expect(await names(direct)).toEqual(['answer'])
  const another = open()
  await another.transaction().execute(run)
  expect(await names(another)).toEqual(['answer'])

  const pooler = await startTransactionPooler(database.url, 2)
  onTestFinished(() => pooler.stop())
  const pooled = open({ connectionString: pooler.url })
  await run(pooled)
  await pooled.transaction().execute(run)
  for (let i = 0; i < 2; i++) expect(await names(pooled)).toEqual([])
})

test('F10: what follows a failure in its transaction gets the failure, not that the transaction is aborted', async () => {
  const db = open()
  const trx = await db.startTransaction().execute()
  await expect(runSql(trx, sql`select 1 / 0`)).rejects.toMatchObject({ code: '22012' })
  await expect(runSql(trx, sql`select 1`)).rejects.toMatchObject({ code: '22012' })
  await trx.rollback().execute()
  await expect(runSql(db, sql`select nothing`)).rejects.toMatchObject({ code: '42703' })
  await expect(pidOf(db)).resolves.toBeTypeOf('number')
})

test('a commit after a failure that was overlooked is an error, and nothing is stored', async () => {
  const db = open()
  await runSql(db, sql`create table kept (n int)`)
  const work = db.transaction().execute(async (trx) => {
    await runSql(trx, sql`insert into kept values (1)`)
    await runSql(trx, sql`select 1 / 0`).catch(() => {})
  })
  await expect(work).rejects.toBeInstanceOf(AbortedTransactionError)
  expect(await runSql(db, sql`select n from kept`)).toEqual([])
})
