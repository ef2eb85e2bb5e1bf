import type { Scope } from '../../domain/caller.ts'
import type { Db } from '../database.ts'

export interface NewApiKey {
  keyId: string
  kind: 'api_key' | 'access_token'
  name: string
  keySha256: Buffer
  workspaceIds: readonly string[]
  scopes: readonly Scope[]
  expiresAt: Date | null
}

export async function insertApiKey(db: Db, key: NewApiKey): Promise<void> {
  await db
    .insertInto('api_keys')
    .values({
      key_id: key.keyId,
      kind: key.kind,
      name: key.name,
      key_sha256: key.keySha256,
      workspace_ids: key.workspaceIds,
      scopes: key.scopes,
      expires_at: key.expiresAt?.toISOString() ?? null,
    })
    .execute()
}
