import type { NameKind } from '../../domain/name-kinds.ts'
import { runSql } from '../../postgres/open-database.ts'
import { rawSql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'
import { type ListedName, listedRowsSql } from './listed-name.ts'

/**
 * A condition on rows of `names n`: what they are true of is yet to come. They were stored before the database's clock was set back, and
 * would keep out everything newer until the clock is there again.
 */
export const IS_AHEAD = rawSql('n.as_of > clock_timestamp()')

/** Something that was asked of Seam: the workspace, the kind of things, and when, by the database's clock (readDatabaseClock). */
export interface AskedNames {
  workspaceId: string
  kind: NameKind
  askedAt: string
}

/**
 * Stores things as Seam showed them, each id once; they are not gone. Rows of which something newer is known stay, and so does an id that
 * belongs to another kind. Returns how many were stored.
 */
export async function saveNames(
  db: Db,
  { workspaceId, kind, askedAt }: AskedNames,
  names: readonly ListedName[],
): Promise<number> {
  if (names.length === 0) return 0
  const rows = await runSql(
    db,
    sql`
insert into names as n (workspace_id, kind, as_of, id, name, folded, device_type, manufacturer, connected_account_id, space_ids, custom_metadata)
select ${workspaceId}::uuid, ${kind}, ${askedAt}::timestamptz, id, name, folded, device_type, manufacturer, connected_account_id, space_ids, custom_metadata
from ${listedRowsSql(workspaceId, names)}
on conflict (workspace_id, id) do update
set as_of = excluded.as_of, name = excluded.name, folded = excluded.folded, device_type = excluded.device_type,
  manufacturer = excluded.manufacturer, connected_account_id = coalesce(excluded.connected_account_id, n.connected_account_id),
  space_ids = excluded.space_ids, custom_metadata = excluded.custom_metadata, gone_at = null
where n.kind = excluded.kind and (n.as_of <= excluded.as_of or ${IS_AHEAD})
returning 1`,
  )
  return rows.length
}
