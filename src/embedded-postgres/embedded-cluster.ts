import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdtemp, open, readFile, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Programs } from './embedded-postgres-programs.ts'
import { isAlive } from '../runtime/is-alive.ts'
import { runDetached } from '../runtime/run-detached.ts'
import { writeFileAtomically } from '../runtime/write-file-atomically.ts'

const run = promisify(execFile)

/** It lies in the cluster's folder, so that neither is ever without the other. Postgres ignores it. */
export const PASSWORD_FILE = 'seam-mirror-password'
/** Name of a folder in which a cluster is being made. The number is the id of the process that makes it. */
const MAKING = /^cluster-making-(\d+)-/

/** The password of a cluster's superuser; null when it is lost. */
export async function readPassword(cluster: string): Promise<string | null> {
  const text = await readFile(path.join(cluster, PASSWORD_FILE), 'utf8').catch(() => '')
  return /^[0-9a-f]{36}$/.test(text) ? text : null
}

/**
 * Makes the folder `cluster` below `root` with a new, empty cluster and its password in it. It is made in another folder and renamed when
 * it is complete, so a process that is killed at any moment leaves no half-made cluster. Folders that such processes left are removed.
 * When another process was quicker, its cluster is kept.
 */
export async function makeCluster(
  root: string,
  programs: Programs,
  { isTemporary, signal }: { isTemporary: boolean; signal: AbortSignal | undefined },
): Promise<void> {
  await removeLeftovers(root)
  const making = await mkdtemp(path.join(root, `cluster-making-${process.pid}-`))
  try {
    if (programs.runAs) await chown(making, programs.runAs.uid, programs.runAs.gid)
    await writePassword(making, newPassword(), programs)
    // Names are given without their folder, because a folder's name may hold characters that mean something to a shell.
    const args = ['--pgdata', 'cluster', '--username', 'postgres', '--pwfile', PASSWORD_FILE]
    args.push('--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C')
    if (isTemporary) args.push('--no-sync')
    await runDetached(programs.initdb, args, { ...programs.runAs, cwd: making, signal })
    await rename(path.join(making, PASSWORD_FILE), path.join(making, 'cluster', PASSWORD_FILE))
    await rename(path.join(making, 'cluster'), path.join(root, 'cluster')).catch(unlessThere)
    await sync(root)
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

/** Gives a new password to a cluster that has lost its own, and returns it. The cluster's server must not be running. */
export async function resetPassword(root: string, programs: Programs): Promise<string> {
  const password = newPassword()
  const args = ['--single', '-D', 'cluster', 'postgres']
  const child = run(programs.postgres, args, { ...programs.runAs, cwd: root })
  child.child.stdin?.end(`alter role postgres password '${password}'\n`)
  await child
  await writePassword(path.join(root, 'cluster'), password, programs)
  return password
}

/** Throws with the remedy when the cluster is of another major version than the programs, which then cannot read it. */
export async function refuseOtherVersion(root: string, programs: Programs): Promise<void> {
  const made = (await readFile(path.join(root, 'cluster', 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  const { stdout } = await run(programs.postgres, ['--version'], { ...programs.runAs, cwd: root })
  const brought = /^postgres \(PostgreSQL\) (\d+)/.exec(stdout)?.[1]
  if (made === brought) return
  if (made === '')
    throw new Error(`${path.join(root, 'cluster')} is not a database. Move it away, and start again.`)
  throw new Error(
    `The embedded database in ${root} was made by Postgres ${made}; this release brings Postgres ${brought}, which cannot read its ` +
      `files. Nothing was changed. To keep its history, let a Postgres ${made} of your own run on the folder ` +
      `cluster in it (user postgres, the password is in cluster/${PASSWORD_FILE}), and set DATABASE_URL to it and ` +
      'SEAM_MIRROR_SECRETS_KEY to what is in secrets-key. To begin anew, move the folder cluster away: what Seam still lists is read again.',
  )
}

async function removeLeftovers(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = Number(MAKING.exec(name)?.[1])
    if (Number.isNaN(pid) || (pid !== process.pid && isAlive(pid))) continue
    // A killed process's initdb may still be writing there; then the next start removes it.
    await rm(path.join(root, name), { recursive: true, force: true }).catch(() => {})
  }
}

function newPassword(): string {
  return randomBytes(18).toString('hex')
}

function writePassword(folder: string, password: string, { runAs }: Programs): Promise<void> {
  return writeFileAtomically(path.join(folder, PASSWORD_FILE), password, { owner: runAs })
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
}

/** The names in a folder are only safe on disk once the folder itself is synced. Not every system can do that. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync().catch(() => {})
  await handle.close()
}
