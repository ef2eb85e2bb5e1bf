import { foldName } from '../../domain/fold-name.ts'
import type { NameKind } from '../../domain/name-kinds.ts'
import { runSql } from '../../postgres/open-database.ts'
import { joinSql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'
import type { NameOfId } from './list-names-of.ts'
import { type NameVisibility, nameVisibilitySql } from './name-visibility-sql.ts'

export interface NameQuery {
  workspaceId: string
  visibility: NameVisibility
  /** All that are given must hold. */
  ids?: readonly string[] | undefined
  kind?: NameKind | undefined
  /** Part of a name, in any case. */
  q?: string | undefined
  /** Names that come after this one in the list's order. */
  following?: NamePosition | undefined
  limit: number
}

/** A name's place in the order: by kind, then by name as it is sorted, then by id. */
export interface NamePosition {
  kind: string
  folded: string
  id: string
}

export interface StoredName extends NameOfId {
  folded: string
  deviceType: string | null
  manufacturer: string | null
  connectedAccountId: string | null
  spaceIds: string[]
  /** JSON text. */
  customMetadata: string | null
}

/** The names that match, with everything that is known about their things. */
export async function listNames(db: Pick<Db, 'executeQuery'>, query: NameQuery): Promise<StoredName[]> {
  const { workspaceId, visibility, ids, kind, q, following, limit } = query
  const conditions = [sql`n.workspace_id = ${workspaceId}`, nameVisibilitySql(workspaceId, visibility)]
  if (ids !== undefined) conditions.push(sql`n.id = any(${ids}::uuid[])`)
  if (kind !== undefined) conditions.push(sql`n.kind = ${kind}`)
  if (q !== undefined) conditions.push(sql`strpos(n.folded, ${foldName(q)}) > 0`)
  if (following !== undefined)
    conditions.push(
      sql`(n.kind, n.folded, n.id) > (${following.kind}, ${following.folded}, ${following.id}::uuid)`,
    )
  // The page is found first, from the index alone where it can be: half of the time for a rare part of a name among 110,000.
  return runSql<StoredName>(
    db,
    sql`
with page as materialized (
  select n.id from names n where ${joinSql(conditions, ' and ')}
  order by n.kind, n.folded, n.id limit ${limit}
)
select n.id::text as id, n.kind, n.name, n.gone_at is not null as "isGone", n.folded, n.device_type as "deviceType", n.manufacturer,
  n.connected_account_id::text as "connectedAccountId", n.space_ids::text[] as "spaceIds", n.custom_metadata::text as "customMetadata"
from page join names n on n.workspace_id = ${workspaceId} and n.id = page.id
order by n.kind, n.folded, n.id`,
  )
}
