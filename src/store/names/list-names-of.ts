import type { NameKind } from '../../domain/name-kinds.ts'
import { UUID, binaryArray } from '../../postgres/binary-array.ts'
import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'
import { type NameVisibility, nameVisibilitySql } from './name-visibility-sql.ts'

export interface NameOfId {
  id: string
  kind: NameKind
  name: string | null
  isGone: boolean
}

/** The names of those of the ids (UUIDs) that are known and that the caller may see, in the order of the ids' bytes. */
export async function listNamesOf(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
  visibility: NameVisibility,
  ids: readonly string[],
): Promise<NameOfId[]> {
  if (ids.length === 0) return []
  return runSql<NameOfId>(
    db,
    sql`
select n.id::text as id, n.kind, n.name, n.gone_at is not null as "isGone" from names n
where n.workspace_id = ${workspaceId} and n.id = any(${binaryArray(UUID, ids)}::uuid[]) and ${nameVisibilitySql(workspaceId, visibility)}
order by n.id`,
  )
}
