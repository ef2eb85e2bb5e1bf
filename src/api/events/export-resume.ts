import { packCompleteness, unpackCompleteness } from '../../domain/completeness.ts'
import { inputError } from '../../http/input-error.ts'
import type { PageCursors, PagedQuery } from '../../http/page-cursor.ts'
import { decodeArrivalCursor, encodeArrivalCursor } from '../../store/events/arrival-cursor.ts'
import type { ExportClaim } from './export-claim.ts'

/** Tells the caller, before the first event, how to go on if the download is cut. */
export const EXPORT_HEADER = 'seam-mirror-export'

/**
 * Carries an export's claim from one download to the next. The one that goes on must claim what was true before the first page of the one
 * that was cut: what has arrived since may belong into the part that is there already.
 */
export function encodeClaim(pageCursors: PageCursors, query: PagedQuery, claim: ExportClaim): string {
  return pageCursors.encode(query, [encodeArrivalCursor(claim.cursor), packCompleteness(claim.completeness)])
}

/** Throws 400 for a text that was changed or that belongs to another query. */
export function decodeClaim(pageCursors: PageCursors, query: PagedQuery, resume: string): ExportClaim {
  const [arrival, completeness] = pageCursors.decode(query, resume, 'resume')
  const cursor = decodeArrivalCursor(arrival)
  if (cursor === null) throw inputError([{ path: ['resume'], message: 'It is of another release' }])
  return { cursor, completeness: unpackCompleteness(completeness) }
}
