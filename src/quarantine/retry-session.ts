import { isUtf8 } from 'node:buffer'
import { type UnusableSession, checkSession, unusableSession } from '../domain/client-session.ts'
import { deleteQuarantined } from '../store/quarantine/delete-quarantined.ts'
import { saveQuarantineReason } from '../store/quarantine/save-quarantine-reason.ts'
import type { QuarantinedItem } from '../store/quarantine/get-quarantined.ts'
import type { Db } from '../store/database.ts'
import type { RetryOutcome } from './retry-item.ts'

/**
 * Tries what was listed as a client session once more, by today's rules. One that is usable now is not stored from here: it may have changed
 * or been deleted since it was listed. The next sync brings it, if Seam still lists it.
 */
export async function retrySession(
  db: Db,
  { id, workspaceId }: QuarantinedItem,
  bytes: Buffer,
): Promise<RetryOutcome> {
  const verdict = verdictOn(bytes, workspaceId)
  if (verdict.kind === 'unusable') {
    const { reason, detail } = verdict
    const isThere = await saveQuarantineReason(db, id, { reason, detail })
    return isThere ? { kind: 'stays', reason, detail } : { kind: 'unknown' }
  }
  const removed = await db.transaction().execute((trx) => deleteQuarantined(trx, [id]))
  return removed.length === 0 ? { kind: 'unknown' } : { kind: 'superseded' }
}

function verdictOn(bytes: Buffer, workspaceId: string): ReturnType<typeof checkSession> | UnusableSession {
  if (!isUtf8(bytes)) return unusableSession('session_not_utf8')
  try {
    return checkSession(JSON.parse(bytes.toString('utf8')), workspaceId)
  } catch {
    // Only of one that was too large is a part kept.
    return unusableSession('session_too_large')
  }
}
