import type { ExpressionBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Database } from '../schema.ts'

/** How exact `last_used_at` is, in minutes, so that a busy key's row is not written at every request. */
const LAST_USED_MINUTES = 1

/** Whether a key's `last_used_at` is due to be written again. */
export function isUseDue(eb: ExpressionBuilder<Database, 'api_keys'>) {
  return eb.or([
    eb('last_used_at', 'is', null),
    eb(
      'last_used_at',
      '<',
      sql<string>`clock_timestamp() - make_interval(mins => ${sql.lit(LAST_USED_MINUTES)})`,
    ),
  ])
}
