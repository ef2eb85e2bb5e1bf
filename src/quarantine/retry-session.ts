import { isUtf8 } from 'node:buffer'
import { type UnusableSession, checkSession, unusableSession } from '../domain/client-session.ts'
import { deleteQuarantined } from '../store/quarantine/delete-quarantined.ts'
import { saveQuarantineReason } from '../store/quarantine/save-quarantine-reason.ts'
import type { QuarantinedItem } from '../store/quarantine/get-quarantined.ts'
import type { Db } from '../store/database.ts'
import type { RetryOutcome } from './retry-outcome.ts'

/**
 * Checks a quarantined client session by today's rules. A session that is usable now leaves quarantine but is not stored, because it may
 * have changed or been deleted since it was listed. The next sync stores it if Seam still lists it.
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
    // It is not whole JSON. Only a session that was too large is kept in part.
    return unusableSession('session_too_large')
  }
}
