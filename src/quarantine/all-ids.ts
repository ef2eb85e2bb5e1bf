import type { QuarantineFilter } from '../store/quarantine/list-quarantined.ts'
import { listQuarantinedIds } from '../store/quarantine/list-quarantined-ids.ts'
import type { Db } from '../store/database.ts'

/** Ids held in memory at once (I12). */
const BATCH = 500

/**
 * Gives the id of each item that the filter finds once, even while items are removed. Sealed items come first, because they are whole: the
 * same event may also be there without its PINs, and the first of the two is the one that is stored (I3).
 */
export async function* allIds(db: Db, filter: QuarantineFilter): AsyncGenerator<string> {
  for (const isSealed of [true, false]) {
    let after: string | undefined = '0'
    while (after !== undefined) {
      const ids: string[] = await listQuarantinedIds(db, filter, { isSealed, after, limit: BATCH })
      yield* ids
      after = ids.at(-1)
    }
  }
}
