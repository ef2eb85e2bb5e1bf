import { stat } from 'node:fs/promises'
import path from 'node:path'
import { readPassword } from './embedded-cluster.ts'
import { findPostmaster } from './embedded-postmaster.ts'
import { fallbackFor } from './embedded-postgres.ts'

export type FoundPostgres =
  | { kind: 'running'; url: string }
  /** `dir` is the folder where it is or would be. */
  | { kind: 'stopped' | 'absent'; dir: string }

/** Finds the embedded Postgres of a data folder by its files and processes. It starts and writes nothing. */
export async function findEmbeddedPostgres(dataDir: string): Promise<FoundPostgres> {
  const asked = path.resolve(dataDir)
  for (const dir of [asked, fallbackFor(asked)]) {
    const cluster = path.join(dir, 'cluster')
    if (!(await isThere(path.join(cluster, 'PG_VERSION')))) continue
    const url = await urlIn(cluster)
    return url !== null ? { kind: 'running', url } : { kind: 'stopped', dir }
  }
  return { kind: 'absent', dir: asked }
}

async function urlIn(cluster: string): Promise<string | null> {
  const postmaster = await findPostmaster(cluster)
  const password = await readPassword(cluster)
  if (postmaster === null || password === null) return null
  return `postgres://postgres:${password}@127.0.0.1:${postmaster.port}/postgres`
}

/** Whether the file exists. A file that cannot be looked at is an error and not taken for absent. */
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
