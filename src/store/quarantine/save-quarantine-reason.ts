import type { DbOrTransaction } from '../database.ts'

/**
 * Replaces the reason of an item that is still unusable. The times when it was seen stay, because nothing new has arrived. Returns
 * false when there is no such item.
 */
export async function saveQuarantineReason(
  db: DbOrTransaction,
  id: string,
  { reason, detail }: { reason: string; detail: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('quarantine')
    .set({ reason, detail })
    .where('quarantine_id', '=', id)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}
