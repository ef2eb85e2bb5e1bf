import { execFile } from 'node:child_process'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { sleep } from '../runtime/sleep.ts'
import { readPassword } from './embedded-cluster.ts'
import { isAlive } from '../runtime/is-alive.ts'

const run = promisify(execFile)
const CONNECT_TIMEOUT_MS = 5_000
/** Higher than any process id that a system gives. */
const NOBODYS_PID = 99_999_999
/** A starting server first makes its pid file and then writes into it. After this time an empty file is taken for a left-over. */
const FILLED_AFTER_MS = 1_000

/** A server that runs on a cluster of ours. */
export interface Postmaster {
  pid: number
  port: number
  /** False while it is starting or stopping. */
  isReady: boolean
}

/** Lines 1, 4 and 8 of the file postmaster.pid. */
interface PidFile {
  pid: number
  port: number
  state: string
}

/**
 * The server that runs on this cluster, or null. The file postmaster.pid alone proves nothing, because a killed server leaves it behind
 * and another program may later have its pid. So the process must have the cluster's mark in its command line. Where that cannot be read,
 * it must accept the cluster's password. No other process is ever signalled.
 */
export async function findPostmaster(cluster: string): Promise<Postmaster | null> {
  const file = await readPidFile(cluster)
  if (file === null || !(await isOurs(file, cluster))) return null
  return { pid: file.pid, port: file.port, isReady: file.state === 'ready' }
}

/** A setting that tells our server on this very folder from any other, also from one on a copy of the folder. */
export async function markOf(cluster: string): Promise<string> {
  const { dev, ino } = await stat(cluster)
  return `cluster_name=seam-mirror-${dev}-${ino}`
}

/**
 * Postgres does not start while the process named in postmaster.pid exists, whatever program it is. If it is not our server, its pid in the
 * file is replaced by one that nobody has. The rest of the file stays, because Postgres sees from it whether the memory of a killed server
 * is still in use. A file that stays empty, left by a crash just after it was made, is removed.
 */
export async function disownPidFile(cluster: string): Promise<void> {
  const name = path.join(cluster, 'postmaster.pid')
  const read = () => readFile(name, 'utf8').catch(() => null)
  if ((await read()) === '') await sleep(FILLED_AFTER_MS)
  const text = await read()
  if (text === null) return
  if (text === '') return rm(name, { force: true })
  const file = await readPidFile(cluster)
  if (file !== null && (!isAlive(file.pid) || (await isOurs(file, cluster)))) return
  await writeFile(name, text.replace(/^[^\n]*/, String(NOBODYS_PID)))
}

async function readPidFile(cluster: string): Promise<PidFile | null> {
  const text = await readFile(path.join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const [pid, port] = [Number(lines[0]), Number(lines[3])]
  if (!Number.isInteger(pid) || pid <= 0) return null
  return { pid, port, state: (lines[7] ?? '').trim() }
}

async function isOurs({ pid, port }: PidFile, cluster: string): Promise<boolean> {
  const commandLine = await commandLineOf(pid)
  if (commandLine !== null) return commandLine.includes(await markOf(cluster))
  const password = await readPassword(cluster)
  return password !== null && (await answers(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`))
}

/** The process's command line: empty when the process is gone or a zombie, null when it cannot be read. */
async function commandLineOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null)
    // Some systems hide other users' processes. On those, not even process 1 can be read.
    if (text !== null || (await readFile('/proc/1/cmdline').catch(() => null)) !== null) return text ?? ''
    return null
  }
  return run('ps', ['-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    (error: { code?: unknown }) => (error.code === 1 ? '' : null),
  )
}

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
