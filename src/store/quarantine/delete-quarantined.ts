import type { Transaction } from 'kysely'
import type { Database } from '../schema.ts'

/**
 * Removes items and returns the ids of those that were there. It takes a transaction because what becomes of an item must become durable
 * together with its removal (I11): the event that it turned into, or the decision to discard all the named items.
 */
export async function deleteQuarantined(
  trx: Transaction<Database>,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await trx
    .deleteFrom('quarantine')
    .where((eb) => eb('quarantine_id', '=', eb.fn.any(eb.val(ids))))
    .returning('quarantine_id as id')
    .execute()
  return rows.map(({ id }) => id)
}
