import { isUuid } from '../../domain/uuid.ts'
import { type Sql, sql } from '../../postgres/sql.ts'

/** All names of the workspace, or only those of things that belong to these accounts, and of these people (ids that are no UUIDs match nothing). */
export type NameVisibility =
  | { kind: 'all' }
  | { kind: 'only'; connectedAccountIds: readonly string[]; userIdentityIds: readonly string[] }

/**
 * The condition on a row of `names n` that a caller may see it (I10): things of its accounts, its own user identities, and the spaces that
 * hold one of its things today.
 */
export function nameVisibilitySql(workspaceId: string, visibility: NameVisibility): Sql {
  if (visibility.kind === 'all') return sql`true`
  const accounts = visibility.connectedAccountIds.filter(isUuid)
  const people = visibility.userIdentityIds.filter(isUuid)
  return sql`(n.connected_account_id = any(${accounts}::uuid[])
  or (n.kind = 'user_identity' and n.id = any(${people}::uuid[]))
  or (n.kind = 'space' and n.id = any(array(
    select distinct unnest(held.space_ids) from names held
    where held.workspace_id = ${workspaceId} and held.connected_account_id = any(${accounts}::uuid[]) and held.gone_at is null
  ))))`
}
