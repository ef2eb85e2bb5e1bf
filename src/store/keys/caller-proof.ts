import type { CallerProof } from '../../domain/caller.ts'
import { type Sql, sql } from '../../postgres/sql.ts'

/**
 * An SQL expression that is true while a caller is still who it was when it was looked up: its row has the same version (`xmin` changes
 * with every update) and has not expired. For a token, every row that has it must be that row, because a token that two sessions claim
 * is accepted for neither (list-sessions-by-token.ts). A browser session must not have ended, and the same holds for its credential.
 */
export function callerProofSql(proof: CallerProof): Sql {
  switch (proof.kind) {
    case 'key':
      return sql`exists (select from api_keys where key_id = ${proof.keyId} and ${isUnchanged(proof)})`
    case 'client_session':
      return sql`(select bool_and(${isUnchanged(proof)}) from client_sessions where token_sha256 = ${proof.tokenSha256} and deleted_at is null)`
    case 'browser_session': {
      const isOpen = sql`exists (select from browser_sessions where session_sha256 = ${proof.sessionSha256} and expires_at > clock_timestamp())`
      return proof.credential === null ? isOpen : sql`(${isOpen} and ${callerProofSql(proof.credential)})`
    }
  }
}

function isUnchanged({ rowVersion }: { rowVersion: string }): Sql {
  return sql`xmin::text = ${rowVersion} and (expires_at is null or expires_at > clock_timestamp())`
}
