import { type ExportClaim, exportMark, readExportClaim } from '../../api/events/export-claim.ts'
import { stillProven, windowBetween } from '../../domain/completeness.ts'
import { askAgain } from '../../export/ask-again.ts'
import { exportPages, type ExportQuery } from '../../export/export-pages.ts'
import type { Micros } from '../../domain/instant.ts'
import { isDatabaseAway, tookTooLong } from '../../postgres/postgres-errors.ts'
import { sleep } from '../../runtime/sleep.ts'
import { readCompleteness } from '../../store/coverage/read-completeness.ts'
import type { Db } from '../../store/database.ts'
import type { Append, FileFormat } from './file-format.ts'
import { openPartFile, type PartFile, readExportState, type ExportState } from './part-file.ts'

/** The file is synced and its state saved this often. What was written since is written again by the run that goes on. */
const SAVE_EVERY_MS = 2_000

export interface FileExport {
  db: Db
  file: string
  /** What is asked for, in the command's words: a file that is not whole goes on only with the same. */
  asked: string
  query: ExportQuery
  formatFor: (append: Append, from: { bytes: number; state: unknown } | null) => FileFormat
  onProgress: (progress: Progress) => void
  monotonicMs: () => number
}

export interface Progress {
  /** All events in the file, and how many of them this run has read. */
  events: number
  read: number
  bytes: number
  /** Where it has come, going back in time. */
  at: Micros
}

export interface FileResult extends ExportClaim {
  events: number
  bytes: number
  hasGoneOn: boolean
}

/**
 * Writes an export to a file, or goes on with one. Until it is whole the file is called `….part`; the same command goes on with it, with the
 * claim that its first run read before the first event.
 */
export async function exportToFile(options: FileExport): Promise<FileResult> {
  const { db, file, asked, query } = options
  const left = await readExportState(file)
  if (left !== null && left.asked !== asked)
    throw new Error(
      `${file}.part was begun with other options (${left.asked}). Repeat them to go on, or delete it and ${file}.part.state to begin again.`,
    )
  // The times of the run that began: a duration before now would be another one.
  const { after, before } = left ?? query
  const begun = { ...options, query: { ...query, after, before } }
  const claim = left?.claim ?? (await readExportClaim(db, query.workspaceId, windowBetween(after, before)))
  const part = await openPartFile(file, left?.bytes ?? 0)
  try {
    const events = await writeEvents(begun, part, left, claim)
    await part.finish()
    return {
      ...claim,
      completeness: events.completeness,
      events: events.count,
      bytes: part.bytes(),
      hasGoneOn: left !== null,
    }
  } finally {
    await part.close()
  }
}

async function writeEvents(
  { db, asked, query, formatFor, onProgress, monotonicMs }: FileExport,
  part: PartFile,
  left: ExportState | null,
  claim: ExportClaim,
): Promise<{ count: number; completeness: ExportClaim['completeness'] }> {
  const format = formatFor(part.append, left && { bytes: left.bytes, state: left.format })
  let count = left?.events ?? 0
  let savedAt = monotonicMs()
  for await (const { events, end } of exportPages({ db, query, following: left?.end, ask })) {
    if (end === null) break
    const isWritten = await format.add(events.map(({ body }) => body))
    count += events.length
    onProgress({ events: count, read: count - (left?.events ?? 0), bytes: part.bytes(), at: end.orderedAt })
    if (!isWritten || monotonicMs() - savedAt < SAVE_EVERY_MS) continue
    const { after, before } = query
    await part.save({ asked, claim, after, before, end, events: count, format: format.state() })
    savedAt = monotonicMs()
  }
  const now = await ask(() =>
    readCompleteness(db, query.workspaceId, windowBetween(query.after, query.before)),
  )
  const completeness = stillProven(claim.completeness, now)
  await format.end(exportMark({ ...claim, completeness }))
  return { count, completeness }
}

function ask<Result>(work: () => Promise<Result>): Promise<Result> {
  return askAgain({ mayPass: (error) => isDatabaseAway(error) && !tookTooLong(error), sleep }, work)
}
