import { type Micros, formatInstant } from '../domain/instant.ts'
import type { Transaction } from 'kysely'
import { runSql } from './open-database.ts'
import type { Database } from './schema.ts'

/**
 * Takes back coverage. Needed when Seam's clock turns out to have been ahead and was put right: events are then created inside
 * a range that had been proven complete. That can have begun at any time since coverage was last added to (`lastAddedAt`, see
 * readCoverageUpdatedAt), so that `horizon` is moved back by as much time as has passed since.
 */
export async function trimCoverage(
  trx: Transaction<Database>,
  workspaceId: string,
  horizon: Micros,
  lastAddedAt: string,
): Promise<void> {
  await runSql(
    trx,
    `update coverage set updated_at = clock_timestamp(), ranges = ranges
       - tstzmultirange(tstzrange($2::timestamptz - greatest(clock_timestamp() - $3::timestamptz, '0'), null, '[)'))
     where workspace_id = $1`,
    [workspaceId, formatInstant(horizon), lastAddedAt],
  )
}
