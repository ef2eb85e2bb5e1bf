import type { CallerProof } from '../../domain/caller.ts'
import { type Sql, sql } from '../../postgres/sql.ts'

/**
 * An SQL expression that is true while a caller is still who it was when it was looked up: its row has the same version (`xmin` changes
 * with every update) and has not expired. For a token, every row that has it must be that row, because a token that two sessions claim
 * is accepted for neither (list-sessions-by-token.ts).
 */
export function callerProofSql(proof: CallerProof): Sql {
  const isUnchanged = sql`xmin::text = ${proof.rowVersion} and (expires_at is null or expires_at > clock_timestamp())`
  return proof.kind === 'key'
    ? sql`exists (select from api_keys where key_id = ${proof.keyId} and ${isUnchanged})`
    : sql`(select bool_and(${isUnchanged}) from client_sessions where token_sha256 = ${proof.tokenSha256} and deleted_at is null)`
}
