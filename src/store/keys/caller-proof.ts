import type { CallerProof } from '../../domain/caller.ts'

/**
 * An SQL expression that is true while a caller is still who it was when it was looked up: its row has the same version (`xmin` changes
 * with every update) and has not expired. For a token, every row that has it must be that row, because a token that two sessions claim
 * is accepted for neither (list-sessions-by-token.ts).
 */
export function callerProofSql(proof: CallerProof, parameter: (value: unknown) => string): string {
  const isUnchanged = `xmin::text = ${parameter(proof.rowVersion)} and (expires_at is null or expires_at > clock_timestamp())`
  if (proof.kind === 'key') {
    return `exists (select from api_keys where key_id = ${parameter(proof.keyId)} and ${isUnchanged})`
  }
  return `(select bool_and(${isUnchanged}) from client_sessions where token_sha256 = ${parameter(proof.tokenSha256)} and deleted_at is null)`
}
