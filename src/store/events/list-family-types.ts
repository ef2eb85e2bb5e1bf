import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/**
 * The event types of a family (the part of a type before its first dot) that the workspace has events of. Postgres skips from one type to the
 * next in the index, so it reads one entry for each type of the workspace, however many events there are.
 */
export async function listFamilyTypes(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
  family: string,
  limit: number,
): Promise<string[]> {
  const rows = await runSql<{ type: string }>(
    db,
    sql`
with recursive types as (
  (select event_type as type from events where workspace_id = ${workspaceId} and event_type is not null order by event_type limit 1)
  union all
  select (select event_type from events where workspace_id = ${workspaceId} and event_type > types.type order by event_type limit 1)
  from types where types.type is not null
)
select type from types where split_part(type, '.', 1) = ${family} limit ${limit}`,
  )
  return rows.map(({ type }) => type)
}
