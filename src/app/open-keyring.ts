import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '../config/config.ts'
import { createKeyring, type Keyring } from '../secrets/keyring.ts'
import { writeWhole } from '../runtime/write-whole.ts'

/**
 * Opens the keys that encrypt secrets (I9): the configured ones; or, with the embedded database, one that the service makes at its first
 * start and keeps in the data folder. Without either it returns null: secrets are masked and not kept, and a warning says so.
 */
export async function openKeyring(config: Config, { mayMakeKey = false } = {}): Promise<Keyring | null> {
  const [first, ...older] = config.secretsKeys ?? []
  if (first !== undefined) return createKeyring([first, ...older])
  if (config.databaseUrl !== null) return null
  const file = path.join(config.dataDir, 'secrets-key')
  if (mayMakeKey) await makeKey(file)
  const key = await readKey(file)
  return key === null ? null : createKeyring([key])
}

/** Makes the key file unless it exists. The file appears whole or not at all, because a start may be killed at any moment. */
async function makeKey(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await writeWhole(file, randomBytes(32).toString('base64'), { keepExisting: true })
}

async function readKey(file: string): Promise<Buffer | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32)
    throw new Error(
      `${file} does not hold a key of 32 bytes as base64. Restore it: what was encrypted with it can't be read without it.`,
    )
  return key
}
