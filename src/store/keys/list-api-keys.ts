import type { Scope } from '../../domain/caller.ts'
import type { Db } from '../database.ts'
import { CLOCK, literal, rfc3339 } from '../expressions.ts'

export interface ApiKeyListing {
  keyId: string
  kind: 'api_key' | 'access_token'
  name: string
  workspaceIds: string[]
  scopes: Scope[]
  state: 'valid' | 'expired' | 'revoked'
  /** RFC 3339, to the second. */
  createdAt: string
  expiresAt: string | null
  lastUsedAt: string | null
}

/** All keys, in the order in which they were made. */
export async function listApiKeys(db: Db): Promise<ApiKeyListing[]> {
  return db
    .selectFrom('api_keys')
    .select((eb) => [
      'key_id as keyId',
      'kind',
      'name',
      'workspace_ids as workspaceIds',
      'scopes',
      eb
        .case()
        .when('revoked_at', 'is not', null)
        .then(literal('revoked'))
        .when('expires_at', '<=', CLOCK)
        .then(literal('expired'))
        .else(literal('valid'))
        .end()
        .as('state'),
      rfc3339(eb.ref('created_at'), 'seconds').as('createdAt'),
      rfc3339(eb.ref('expires_at'), 'seconds').as('expiresAt'),
      rfc3339(eb.ref('last_used_at'), 'seconds').as('lastUsedAt'),
    ])
    .orderBy('created_at')
    .orderBy('key_id')
    .execute()
}
