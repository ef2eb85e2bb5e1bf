import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from './config/config.ts'
import { createKeyring, type Keyring } from './secrets/keyring.ts'

/**
 * The keys that secrets are encrypted with (I9): those configured; with the embedded database, one that is made at first start and
 * kept in the data folder; else none, and then secrets are masked and not kept (a warning of the configuration says so).
 */
export async function openKeyring(config: Config): Promise<Keyring | null> {
  const [first, ...older] = config.secretsKeys ?? []
  if (first !== undefined) return createKeyring([first, ...older])
  if (config.databaseUrl === null)
    return createKeyring([await localKey(path.join(config.dataDir, 'secrets-key'))])
  return null
}

async function localKey(file: string): Promise<Buffer> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  try {
    await writeFile(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const key = Buffer.from(await readFile(file, 'utf8'), 'base64')
  if (key.length !== 32)
    throw new Error(
      `${file} does not hold a key of 32 bytes as base64. Restore it: what was encrypted with it can't be read without it.`,
    )
  return key
}
