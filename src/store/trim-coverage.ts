import { type Micros, formatInstant } from '../domain/instant.ts'
import { type Db, runSql } from './open-database.ts'

/**
 * Takes back coverage from `horizon` on. Needed when Seam's clock turns out to have been ahead and was put right: events are
 * then created inside a range that had been proven complete.
 */
export async function trimCoverage(db: Db, workspaceId: string, horizon: Micros): Promise<void> {
  await runSql(
    db,
    `update coverage set ranges = ranges - tstzmultirange(tstzrange($2, null, '[)')), updated_at = clock_timestamp()
     where workspace_id = $1`,
    [workspaceId, formatInstant(horizon)],
  )
}
