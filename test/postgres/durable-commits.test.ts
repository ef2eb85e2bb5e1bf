import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { runSql } from '../../src/postgres/open-database.ts'
import type { Db } from '../../src/store/database.ts'
import { openTestPool } from '../support/open-test-pool.ts'
import { onServer } from '../support/postgres-server.ts'
import { runProgram } from '../support/run-program.ts'
import { startTestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { startTransactionPooler } from '../support/transaction-pooler.ts'

/* With `synchronous_commit = off`, Postgres answers a commit up to 0.6 s before it is on disk. */

const ROLE = 'role "lossy"'
const REMEDY = 'alter role "role ""lossy""" set synchronous_commit = on'
const { database } = await databaseOfThisFile()
let lossyUrl: string

beforeAll(async () => {
  await onServer(database.url, async (client) => {
    const role = client.escapeIdentifier(ROLE)
    await client.query(`create role ${role} login superuser password 'a password'`)
    await client.query(`alter role ${role} set synchronous_commit = off`)
  })
  lossyUrl = Object.assign(new URL(database.url), { username: ROLE, password: 'a password' }).href
})
afterAll(async () => {
  await onServer(database.url, (client) => client.query(`drop role ${client.escapeIdentifier(ROLE)}`))
})

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

async function settingOf(db: Db): Promise<string | undefined> {
  const rows = await runSql<{ synchronous_commit: string }>(db, {
    text: 'show synchronous_commit',
    values: [],
  })
  return rows[0]?.synchronous_commit
}

async function setting(url: string): Promise<string | undefined> {
  const db = openTestPool(url)
  onTestFinished(() => db.destroy())
  return settingOf(db)
}

async function lossyPooler(): Promise<string> {
  const pooler = await startTransactionPooler(lossyUrl, 2)
  undo.push(() => pooler.stop())
  return pooler.url
}

test('I1: commits wait for the disk, also for a role that has synchronous_commit off', async () => {
  const app = await startTestApp(lossyUrl)
  undo.push(() => app.stop())
  expect(await settingOf(app.db)).toBe('on')
  expect(app.logText()).not.toContain('synchronous_commit')
})

test.each(['local', 'remote_write', 'remote_apply'])(
  'I1: %s stays, because it waits for the disk of this server as well',
  async (value) => {
    expect(await setting(`${database.url}?options=-c%20synchronous_commit%3D${value}`)).toBe(value)
  },
)

test('I1: a pooler shares its sessions, so they are left alone, and the log says once what to set', async () => {
  const url = await lossyPooler()
  const app = await startTestApp(url)
  undo.push(() => app.stop())
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200)
  expect(await setting(url)).toBe('off')
  const told = app.logs.filter(({ msg }) => String(msg).includes('synchronous_commit is off'))
  expect(told).toMatchObject([{ level: 40, remedy: REMEDY }])
})

test('I1: behind such a pooler a command says it as well', async () => {
  const DATABASE_URL = await lossyPooler()
  const { stderr } = await runProgram('bin/seam-mirror.js', ['status'], { DATABASE_URL })
  expect(stderr).toContain('synchronous_commit is off): a crash of Postgres can lose')
  expect(stderr).toContain(`Run: ${REMEDY}\n`)
})

test('I1: a pooler whose role waits for the disk gets no such warning', async () => {
  const pooler = await startTransactionPooler(database.url, 2)
  undo.push(() => pooler.stop())
  const app = await startTestApp(pooler.url)
  undo.push(() => app.stop())
  expect(app.logText()).not.toContain('synchronous_commit')
})
