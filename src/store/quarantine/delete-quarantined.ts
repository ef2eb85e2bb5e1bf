import type { Transaction } from 'kysely'
import { runSql } from '../../postgres/open-database.ts'
import type { Database } from '../schema.ts'

/**
 * Removes items and returns the ids of those that were there. It takes a transaction because what becomes of an item must become durable
 * together with its removal (I11): the event that it turned into, or the decision to discard all the named items.
 */
export async function deleteQuarantined(
  trx: Transaction<Database>,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await runSql<{ id: string }>(
    trx,
    'delete from quarantine where quarantine_id = any($1::bigint[]) returning quarantine_id as id',
    [ids],
  )
  return rows.map(({ id }) => id)
}
