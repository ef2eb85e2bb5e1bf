import type { EventPosition } from '../../store/events/event-query.ts'
import { constants, existsSync } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { deserialize, serialize } from 'node:v8'
import type { ExportClaim } from '../../api/events/export-claim.ts'
import type { Micros } from '../../domain/instant.ts'
import { writeFileAtomically } from '../../runtime/write-file-atomically.ts'
import type { Append } from './file-format.ts'

/** What an export needs to go on. */
export interface ExportState {
  /** What was asked for, in the command's words. */
  asked: string
  claim: ExportClaim
  after: Micros | undefined
  before: Micros | undefined
  /** The last event in the file. */
  end: EventPosition
  events: number
  /** The bytes of the file that count. More may have been written when the command was ended. */
  bytes: number
  /** What the file's format needs. */
  format: unknown
}

/** An export's file while it is not whole. It is named so, and beside it stands what is needed to go on. */
export interface PartFile {
  append: Append
  bytes: () => number
  save: (state: Omit<ExportState, 'bytes'>) => Promise<void>
  /** Gives the file its name: it is whole. */
  finish: () => Promise<void>
  close: () => Promise<void>
}

const partOf = (file: string): string => `${file}.part`
const stateOf = (file: string): string => `${file}.part.state`

/**
 * What was left of an export to this file; null when there is nothing. A state without its part is of an export that got its name and was
 * ended then, or whose part was deleted.
 */
export async function readExportState(file: string): Promise<ExportState | null> {
  if (!existsSync(partOf(file))) return null
  try {
    return deserialize(await readFile(stateOf(file))) as ExportState
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Error(`${stateOf(file)} cannot be read. Delete it to begin again.`, { cause: error })
  }
}

/** Opens the file of an export that goes on at so many bytes, or of a new one. Nobody but its owner may read it. */
export async function openPartFile(file: string, from: number): Promise<PartFile> {
  // A new file must never be taken for the one that an older state is about.
  if (from === 0) await rm(stateOf(file), { force: true })
  const { O_CREAT, O_WRONLY, O_TRUNC } = constants
  const handle = await open(partOf(file), O_CREAT | O_WRONLY | (from === 0 ? O_TRUNC : 0), 0o600)
  try {
    const { size } = await handle.stat()
    if (size < from) throw new Error(`${partOf(file)} is shorter than it was. Delete it to begin again.`)
    await handle.truncate(from)
  } catch (error) {
    await handle.close()
    throw error
  }
  let bytes = from
  return {
    append: async (data) => {
      for (let at = 0; at < data.length;) {
        const { bytesWritten } = await handle.write(data, at, data.length - at, bytes)
        at += bytesWritten
        bytes += bytesWritten
      }
    },
    bytes: () => bytes,
    save: async (state) => {
      await handle.datasync()
      await writeFileAtomically(stateOf(file), serialize({ ...state, bytes } satisfies ExportState))
    },
    finish: async () => {
      await handle.sync()
      await rename(partOf(file), file)
      await rm(stateOf(file), { force: true })
    },
    close: () => handle.close(),
  }
}
