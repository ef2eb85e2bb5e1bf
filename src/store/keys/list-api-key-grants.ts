import { type Expression, sql } from 'kysely'
import type { Scope } from '../../domain/caller.ts'
import type { Db } from '../database.ts'
import { CLOCK } from '../expressions.ts'
import { preparedQuery } from '../prepared-query.ts'
import { isUseDue } from './is-use-due.ts'

export interface ApiKeyGrant {
  keySha256: Buffer
  workspaceIds: string[]
  scopes: Scope[]
  /** Neither revoked nor expired, by the database's clock. */
  isValid: boolean
  /** Whether the use is due to be written down (`saveApiKeyUses`). */
  isUseDue: boolean
  /** Changes with every update of the row. */
  rowVersion: string
}

const listGrants = preparedQuery('list_api_key_grants', (db, keyIds: Expression<readonly string[]>) =>
  db
    .selectFrom('api_keys')
    .select((eb) => [
      'key_id as keyId',
      'key_sha256 as keySha256',
      'workspace_ids as workspaceIds',
      'scopes',
      eb
        .and([
          eb('revoked_at', 'is', null),
          eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', CLOCK)]),
        ])
        .$castTo<boolean>()
        .as('isValid'),
      isUseDue(eb).$castTo<boolean>().as('isUseDue'),
      sql<string>`xmin::text`.as('rowVersion'),
    ])
    .where((eb) => eb('key_id', '=', eb.fn.any(keyIds))),
)

/** What keys may do, by their ids. Unknown ids are left out. */
export async function listApiKeyGrants(db: Db, keyIds: readonly string[]): Promise<Map<string, ApiKeyGrant>> {
  const rows = await listGrants(db, keyIds)
  return new Map(rows.map((row) => [row.keyId, row]))
}
