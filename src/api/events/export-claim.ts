import type { ExportWindow } from '../../export/export-window.ts'
import type { Db } from '../../store/database.ts'
import { type ArrivalCursor, encodeArrivalCursor } from '../../store/events/arrival-cursor.ts'
import { readArrivalStart } from '../../store/events/read-arrival-start.ts'
import { type CompletenessJson, readCompletenessJson } from '../completeness.ts'

/** What an export will say about itself, if it gets to its end. */
export interface ExportClaim {
  /** Who follows the order of arrival from here misses nothing that the export lacks. */
  cursor: ArrivalCursor
  completeness: CompletenessJson
}

/**
 * Reads what an export may claim; to be called before its first page. All that is proven now, and all that arrived before the cursor, is
 * visible to whatever is read later (I8, I15).
 */
export async function readExportClaim(
  db: Db,
  workspaceId: string,
  window: ExportWindow,
): Promise<ExportClaim> {
  const cursor = await readArrivalStart(db, workspaceId)
  return { cursor, completeness: await readCompletenessJson(db, workspaceId, window) }
}

const NOTHING: CompletenessJson = { from: null, until: null, is_complete: false }

/**
 * What may still be claimed at the end: what was proven before the first page and still is after the last. In between, coverage may have
 * been taken back (a wrong clock), and old events deleted.
 */
export function stillProven(before: CompletenessJson, after: CompletenessJson): CompletenessJson {
  if (before.from === null || before.until === null || after.from === null || after.until === null)
    return NOTHING
  // They are written so that they sort as text (formatInstant).
  const from = before.from > after.from ? before.from : after.from
  const until = before.until < after.until ? before.until : after.until
  return from < until ? { from, until, is_complete: before.is_complete && after.is_complete } : NOTHING
}

/** The object of the last line, as JSON. */
export function exportMark({ cursor, completeness }: ExportClaim): string {
  return JSON.stringify({ complete: true, cursor: encodeArrivalCursor(cursor), completeness })
}
