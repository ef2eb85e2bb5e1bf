import type { Db } from '../database.ts'
import { CLOCK } from '../expressions.ts'

/** Revokes or expires a key at `at` (null: now). Returns false when there is no such key. */
export async function endApiKey(
  db: Db,
  keyId: string,
  how: 'revoke' | 'expire',
  at: Date | null,
): Promise<boolean> {
  const end = at?.toISOString() ?? CLOCK
  const { numUpdatedRows } = await db
    .updateTable('api_keys')
    .set(how === 'revoke' ? { revoked_at: end } : { expires_at: end })
    .where('key_id', '=', keyId)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}
