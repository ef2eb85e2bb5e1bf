import type { NameKind } from '../../domain/name-kinds.ts'
import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'
import { type ListedName, listedRowsSql } from './listed-name.ts'

/**
 * Those of the listed things whose rows are missing or differ. Of 100,000 things few change between two listings, and an upsert would lock,
 * and so write, the unchanged rows as well.
 *
 * The rows are looked up by a subquery, so that the primary key is used whatever statistics there are: 100,000 things take 0.8 s.
 */
export async function listChangedNames(
  db: Db,
  { workspaceId, kind }: { workspaceId: string; kind: NameKind },
  names: readonly ListedName[],
): Promise<ListedName[]> {
  if (names.length === 0) return []
  const rows = await runSql<{ place: number }>(
    db,
    sql`
select place from ${listedRowsSql(workspaceId, names)}
where not coalesce((
  select n.kind <> ${kind} or (n.gone_at is null and
    (n.name, n.device_type, n.manufacturer, n.space_ids, n.custom_metadata::text, n.connected_account_id) is not distinct from
    (listed.name, listed.device_type, listed.manufacturer, listed.space_ids, listed.custom_metadata::text,
      coalesce(listed.connected_account_id, n.connected_account_id)))
  from names n where n.workspace_id = ${workspaceId} and n.id = listed.id
), false)
order by place`,
  )
  return rows.map(({ place }) => names[place - 1] as ListedName)
}
