import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

/**
 * Replaces the reason of an item that is still unusable. The times when it was seen stay, because nothing new has arrived. Returns
 * false when there is no such item.
 */
export async function saveQuarantineReason(
  db: Pick<Db, 'executeQuery'>,
  id: string,
  { reason, detail }: { reason: string; detail: string },
): Promise<boolean> {
  const rows = await runSql(
    db,
    'update quarantine set reason = $2, detail = $3 where quarantine_id = $1 returning 1',
    [id, reason, detail],
  )
  return rows.length > 0
}
