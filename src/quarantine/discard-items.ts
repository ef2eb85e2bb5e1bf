import { deleteQuarantined } from '../store/quarantine/delete-quarantined.ts'
import type { Db } from '../store/database.ts'

export type DiscardOutcome =
  | { kind: 'discarded'; count: number }
  /** Some ids do not exist, so nothing was discarded: a user who mistyped one id may have mistyped another into an existing one. */
  | { kind: 'unknown'; ids: string[] }

/** Removes items for good: either all that are named, or none. */
export async function discardItems(db: Db, ids: readonly string[]): Promise<DiscardOutcome> {
  const trx = await db.startTransaction().execute()
  let isOpen = true
  try {
    const removed = new Set(await deleteQuarantined(trx, ids))
    const unknown = ids.filter((id) => !removed.has(id))
    if (unknown.length > 0) return { kind: 'unknown', ids: unknown }
    await trx.commit().execute()
    isOpen = false
    return { kind: 'discarded', count: removed.size }
  } finally {
    if (isOpen) await trx.rollback().execute()
  }
}
