import type { Scope } from '../../domain/caller.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'
import { preparedStatement } from '../../postgres/prepared-statement.ts'
import { rawSql, sql } from '../../postgres/sql.ts'

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
  await runSql(
    db,
    `insert into api_keys (key_id, kind, name, key_sha256, workspace_ids, scopes, expires_at)
     values ($1, $2, $3, $4, $5::uuid[], $6, $7)`,
    [
      key.keyId,
      key.kind,
      key.name,
      key.keySha256,
      key.workspaceIds,
      key.scopes,
      key.expiresAt?.toISOString() ?? null,
    ],
  )
}

export interface ApiKeyGrant {
  keySha256: Buffer
  workspaceIds: string[]
  scopes: Scope[]
  /** Neither revoked nor expired, by the database's clock. */
  isValid: boolean
  /** Whether `last_used_at` is due to be written again (see touchApiKeys). */
  isUseDue: boolean
  /** Changes with every update of the row. */
  rowVersion: string
}

/** How exact `last_used_at` is, in minutes, so that a busy key's row is not written at every request. */
const LAST_USED_MINUTES = 1

const IS_USE_DUE = rawSql(
  `(last_used_at is null or last_used_at < clock_timestamp() - make_interval(mins => ${LAST_USED_MINUTES}))`,
)

const findStatement = preparedStatement<readonly string[]>(
  'find_api_keys',
  (
    input,
  ) => sql`select key_id as "keyId", key_sha256 as "keySha256", workspace_ids::text[] as "workspaceIds", scopes,
       revoked_at is null and (expires_at is null or expires_at > clock_timestamp()) as "isValid",
       ${IS_USE_DUE} as "isUseDue",
       xmin::text as "rowVersion"
     from api_keys where key_id = any(${input((keyIds) => keyIds)})`,
)

/** What keys may do, by their ids. Unknown ids are left out. */
export async function findApiKeys(db: Db, keyIds: readonly string[]): Promise<Map<string, ApiKeyGrant>> {
  const rows = await runSql<ApiKeyGrant & { keyId: string }>(db, findStatement(keyIds))
  return new Map(rows.map((row) => [row.keyId, row]))
}

/** Notes that keys were used. */
export async function touchApiKeys(db: Db, keyIds: readonly string[]): Promise<Map<string, never>> {
  await runSql(
    db,
    sql`update api_keys set last_used_at = clock_timestamp() where key_id = any(${keyIds}) and ${IS_USE_DUE}`,
  )
  return new Map<string, never>()
}

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

export async function listApiKeys(db: Db): Promise<ApiKeyListing[]> {
  return runSql<ApiKeyListing>(
    db,
    `select key_id as "keyId", kind, name, workspace_ids::text[] as "workspaceIds", scopes,
       case when revoked_at is not null then 'revoked' when expires_at <= clock_timestamp() then 'expired' else 'valid' end as state,
       to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "createdAt",
       to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "expiresAt",
       to_char(last_used_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "lastUsedAt"
     from api_keys order by created_at, key_id`,
    [],
  )
}

/** Revokes or expires a key at `at` (null: now). Returns false when there is no such key. */
export async function endApiKey(
  db: Db,
  keyId: string,
  how: 'revoke' | 'expire',
  at: Date | null,
): Promise<boolean> {
  const column = how === 'revoke' ? 'revoked_at' : 'expires_at'
  const rows = await runSql(
    db,
    `update api_keys set ${column} = coalesce($2::timestamptz, clock_timestamp()) where key_id = $1 returning key_id`,
    [keyId, at?.toISOString() ?? null],
  )
  return rows.length > 0
}
