import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '../config/config.ts'
import { maskingSecrets } from '../secrets/masking-secrets.ts'
import { sealingSecrets } from '../secrets/sealing-secrets.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { writeFileAtomically } from '../runtime/write-file-atomically.ts'

/**
 * Decides what becomes of secrets (I9). They are sealed with the configured keys; or, with the embedded database, with one that the
 * service makes at its first start and keeps in the data folder. Without either they are masked and not kept, and a warning says so.
 */
export async function openSecrets(config: Config, { mayMakeKey }: { mayMakeKey: boolean }): Promise<Secrets> {
  const [first, ...older] = config.secretsKeys ?? []
  if (first !== undefined) return sealingSecrets([first, ...older])
  if (config.databaseUrl !== null) return maskingSecrets()
  const file = path.join(config.dataDir, 'secrets-key')
  if (mayMakeKey) await makeKey(file)
  const key = await readKey(file)
  return key === null ? maskingSecrets() : sealingSecrets([key])
}

/** Makes the key file unless it exists. The file appears whole or not at all, because a start may be killed at any moment. */
async function makeKey(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await writeFileAtomically(file, randomBytes(32).toString('base64'), { keepExisting: true })
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
      `${file} does not hold a key of 32 bytes as base64. Restore it: what was encrypted with it cannot be read without it.`,
    )
  return key
}
