import type { Db } from '../database.ts'
import { CLOCK } from '../expressions.ts'
import { isUseDue } from './is-use-due.ts'

/** Notes that keys were used, where that is due. */
export async function saveApiKeyUses(db: Db, keyIds: readonly string[]): Promise<Map<string, never>> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: CLOCK })
    .where((eb) => eb('key_id', '=', eb.fn.any(eb.val(keyIds))))
    .where(isUseDue)
    .execute()
  return new Map<string, never>()
}
