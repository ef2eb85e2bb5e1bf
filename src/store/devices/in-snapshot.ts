import type { Transaction } from 'kysely'
import { turnOffJit } from '../../postgres/turn-off-jit.ts'
import type { Db } from '../database.ts'
import type { Database } from '../schema.ts'

/** Runs statements that see the same snapshot, and are not compiled. */
export async function inSnapshot<Result>(
  db: Db,
  work: (trx: Transaction<Database>) => Promise<Result>,
): Promise<Result> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      await turnOffJit(trx)
      return work(trx)
    })
}
