import type { Completeness, Window } from '../../domain/completeness.ts'
import { type Executor, runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import { completenessOf, completenessSql } from './completeness-sql.ts'

/** How complete the copy is in a window. It must be read in the snapshot of the rows that it is about, or before them: never after (I15). */
export async function readCompleteness(
  db: Executor,
  workspaceId: string,
  window: Window,
): Promise<Completeness> {
  const [row] = await runSql<{ ranges: string | null }>(
    db,
    sql`select ${completenessSql(workspaceId)} as ranges`,
  )
  return completenessOf(row?.ranges ?? null, window)
}
