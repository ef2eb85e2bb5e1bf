import { listingColumns, type QuarantineListing } from './list-quarantined.ts'
import type { Db } from '../database.ts'

export interface QuarantinedItem extends QuarantineListing {
  /** Either sealed whole, or in the clear without what looked like a PIN. */
  body: Buffer
  isSealed: boolean
}

/**
 * One item with its body; null when there is none of that id. All ids come from one sequence, so an id alone names an item although the
 * primary key includes the workspace.
 */
export async function getQuarantined(db: Db, id: string): Promise<QuarantinedItem | null> {
  const row = await db
    .selectFrom('quarantine')
    .select(listingColumns)
    .select(['body', 'is_sealed as isSealed'])
    .where('quarantine_id', '=', id)
    .executeTakeFirst()
  return row ?? null
}
