import type { CallerProof } from '../../domain/caller.ts'

/**
 * An SQL expression: whether a caller is still who it was when it was looked up. Its row is the same version (`xmin` changes with every update)
 * and has not expired. All rows with a token must be that one: what two sessions claim opens none (find-sessions-by-token.ts).
 */
export function callerProofSql(proof: CallerProof, parameter: (value: unknown) => string): string {
  const isUnchanged = `xmin::text = ${parameter(proof.rowVersion)} and (expires_at is null or expires_at > clock_timestamp())`
  if (proof.kind === 'key') {
    return `exists (select from api_keys where key_id = ${parameter(proof.keyId)} and ${isUnchanged})`
  }
  return `(select bool_and(${isUnchanged}) from client_sessions where token_sha256 = ${parameter(proof.tokenSha256)} and deleted_at is null)`
}
