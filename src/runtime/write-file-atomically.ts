import { chown, link, open, rename, rm } from 'node:fs/promises'

export interface AtomicFileOptions {
  owner?: { uid: number; gid: number } | undefined
  /** Leaves an existing file as it is. */
  keepExisting?: boolean
}

/**
 * Writes a small file that only its owner may read. The file appears with all of its content or not at all, even when the process is killed or
 * the machine loses power.
 */
export async function writeFileAtomically(
  file: string,
  content: string | Uint8Array,
  { owner, keepExisting = false }: AtomicFileOptions = {},
): Promise<void> {
  const partial = `${file}.${process.pid}.partial`
  await rm(partial, { force: true })
  const handle = await open(partial, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  if (owner) await chown(partial, owner.uid, owner.gid)
  if (!keepExisting) return rename(partial, file)
  try {
    await link(partial, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(partial, { force: true })
  }
}
