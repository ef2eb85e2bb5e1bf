import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import { fallbackFor } from './embedded-postgres.ts'

export type FoundPostgres =
  | { kind: 'running'; url: string }
  /** `dir` is where it is, or where it would be. */
  | { kind: 'stopped' | 'absent'; dir: string }

const CONNECT_TIMEOUT_MS = 5_000

/** The embedded Postgres of a data folder, as its files and the server itself tell. Starts and writes nothing. */
export async function findEmbeddedPostgres(dataDir: string): Promise<FoundPostgres> {
  const asked = path.resolve(dataDir)
  for (const dir of [asked, fallbackFor(asked)]) {
    if (!(await isThere(path.join(dir, 'cluster', 'PG_VERSION')))) continue
    const url = await urlIn(dir)
    return url !== null && (await answers(url)) ? { kind: 'running', url } : { kind: 'stopped', dir }
  }
  return { kind: 'absent', dir: asked }
}

/** Line 4 of postmaster.pid is the port. The file may be one that a killed server has left. */
async function urlIn(dir: string): Promise<string | null> {
  const pidFile = path.join(dir, 'cluster', 'postmaster.pid')
  if (!(await isThere(pidFile))) return null
  const port = (await readFile(pidFile, 'utf8')).split('\n')[3]
  const password = await readFile(path.join(dir, 'postgres-password'), 'utf8')
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
}

/** Only our own server takes our password. */
async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** What can't be looked at is an error, not absent. */
async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw error
  }
}
