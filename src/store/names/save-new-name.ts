import { foldName } from '../../domain/fold-name.ts'
import { formatInstant, type Micros } from '../../domain/instant.ts'
import type { NameKind } from '../../domain/name-kinds.ts'
import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'
import { IS_AHEAD } from './save-names.ts'

export interface NewName {
  workspaceId: string
  kind: NameKind
  id: string
  name: string
  connectedAccountId: string | null
  /** When the event that tells of the name was created. */
  createdAt: Micros
}

/**
 * Stores the name that an event gives to a thing, unless something newer is known. An event from the future counts as one of now, so that
 * it does not outlast the next listing.
 */
export async function saveNewName(db: Db, { name, createdAt, ...about }: NewName): Promise<void> {
  await runSql(
    db,
    sql`
insert into names as n (workspace_id, kind, id, name, folded, connected_account_id, as_of)
values (${about.workspaceId}, ${about.kind}, ${about.id}, ${name}, ${foldName(name)}, ${about.connectedAccountId},
  least(${formatInstant(createdAt)}::timestamptz, clock_timestamp()))
on conflict (workspace_id, id) do update
set name = excluded.name, folded = excluded.folded, as_of = excluded.as_of, gone_at = null
where n.kind = excluded.kind and (n.as_of < excluded.as_of or ${IS_AHEAD})`,
  )
}
