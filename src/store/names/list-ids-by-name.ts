import { foldName } from '../../domain/fold-name.ts'
import type { NameKind } from '../../domain/name-kinds.ts'
import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'
import { type NameVisibility, nameVisibilitySql } from './name-visibility-sql.ts'

/** Most things that a part of a name may stand for where it is used as a filter. */
export const MAX_IDS_BY_NAME = 1_000

export interface IdSearch {
  workspaceId: string
  visibility: NameVisibility
  /** Part of a name, in any case. */
  q: string
  /** Default: all kinds. */
  kinds?: readonly NameKind[] | undefined
  limit?: number
}

/**
 * The ids of things whose name contains the text, by kind and name. `isCut` says that there are more than the limit. Gone things are
 * found as well, because events name them.
 */
export async function listIdsByName(
  db: Pick<Db, 'executeQuery'>,
  { workspaceId, visibility, q, kinds, limit = MAX_IDS_BY_NAME }: IdSearch,
): Promise<{ found: { id: string; kind: NameKind }[]; isCut: boolean }> {
  const isOfKind = kinds === undefined ? sql`true` : sql`n.kind = any(${kinds}::text[])`
  const rows = await runSql<{ id: string; kind: NameKind }>(
    db,
    sql`
select n.id::text as id, n.kind from names n
where n.workspace_id = ${workspaceId} and ${isOfKind} and strpos(n.folded, ${foldName(q)}) > 0
  and ${nameVisibilitySql(workspaceId, visibility)}
order by n.kind, n.folded, n.id
limit ${limit + 1}`,
  )
  return { found: rows.slice(0, limit), isCut: rows.length > limit }
}
