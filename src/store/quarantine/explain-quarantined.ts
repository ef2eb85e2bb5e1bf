import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

/**
 * Replaces the reason of an item that is still unusable. When it was seen stays: nothing new has arrived. False when there is
 * no such item.
 */
export async function explainQuarantined(
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
