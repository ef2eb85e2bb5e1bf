import type { QuarantineFilter } from '../store/quarantine/list-quarantined.ts'
import { listQuarantinedIds } from '../store/quarantine/list-quarantined-ids.ts'
import type { Db } from '../store/database.ts'

/** At most this many ids are in memory at once (I12). */
const BATCH = 500

/**
 * Yields the id of every item that the filter matches, each once, even while items are removed. Sealed items come first, because they have
 * their PINs. The same event may also be there without its PINs, and the item that is retried first is the one that is stored (I3).
 */
export async function* eachQuarantinedId(db: Db, filter: QuarantineFilter): AsyncGenerator<string> {
  for (const isSealed of [true, false]) {
    let after: string | undefined = '0'
    while (after !== undefined) {
      const ids: string[] = await listQuarantinedIds(db, filter, { isSealed, after, limit: BATCH })
      yield* ids
      after = ids.at(-1)
    }
  }
}
