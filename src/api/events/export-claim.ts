import type { Completeness, Window } from '../../domain/completeness.ts'
import { readCompleteness } from '../../store/coverage/read-completeness.ts'
import type { Db } from '../../store/database.ts'
import { type ArrivalCursor, encodeArrivalCursor } from '../../store/events/arrival-cursor.ts'
import { readArrivalStart } from '../../store/events/read-arrival-start.ts'
import { completenessJson } from '../completeness.ts'

/** What an export will say about itself, if it gets to its end. */
export interface ExportClaim {
  /** Who follows the order of arrival from here misses nothing that the export lacks. */
  cursor: ArrivalCursor
  completeness: Completeness
}

/**
 * Reads what an export may claim; to be called before its first page. All that is proven now, and all that arrived before the cursor, is
 * visible to whatever is read later (I8, I15).
 */
export async function readExportClaim(db: Db, workspaceId: string, window: Window): Promise<ExportClaim> {
  const cursor = await readArrivalStart(db, workspaceId)
  return { cursor, completeness: await readCompleteness(db, workspaceId, window) }
}

/** The object of the last line, as JSON. */
export function exportMark({ cursor, completeness }: ExportClaim): string {
  return `{"complete":true,"cursor":"${encodeArrivalCursor(cursor)}","completeness":${completenessJson(completeness)}}`
}
