import { isIn, type QuarantineFilter } from './list-quarantined.ts'
import type { Db } from '../database.ts'

/** The next ids after `after`, in order. A caller can go through the whole quarantine without a long transaction or all bodies in memory. */
export async function listQuarantinedIds(
  db: Db,
  filter: QuarantineFilter,
  { isSealed, after, limit }: { isSealed: boolean; after: string; limit: number },
): Promise<string[]> {
  const rows = await db
    .selectFrom('quarantine')
    .select('quarantine_id as id')
    .where(isIn(filter))
    .where('is_sealed', '=', isSealed)
    .where('quarantine_id', '>', after)
    .orderBy('quarantine_id')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}
