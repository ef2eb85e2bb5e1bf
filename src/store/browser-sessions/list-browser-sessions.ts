import { type Expression, sql } from 'kysely'
import type { Db } from '../database.ts'
import { CLOCK } from '../expressions.ts'
import { preparedQuery } from '../prepared-query.ts'

/** Which kind of credential a browser session stands for, and the id of a key. */
export type CredentialKind =
  | { kind: 'key'; keyId: string }
  | { kind: 'bootstrap_key' | 'client_session'; keyId: null }

export type BrowserSession = CredentialKind & { credentialSha256: Buffer; workspaceId: string }

const listSessions = preparedQuery('list_browser_sessions', (db, hashes: Expression<readonly Buffer[]>) =>
  db
    .selectFrom('browser_sessions')
    .select((eb) => [
      sql<string>`encode(${eb.ref('session_sha256')}, 'hex')`.as('sessionSha256'),
      'workspace_id as workspaceId',
      'kind',
      'key_id as keyId',
      'credential_sha256 as credentialSha256',
    ])
    .where((eb) => eb('session_sha256', '=', eb.fn.any(hashes)))
    .where('expires_at', '>', CLOCK),
)

/** The browser sessions that have not ended, by the SHA-256 of their cookies in hexadecimal. Their credentials may have ended. */
export async function listBrowserSessions(
  db: Pick<Db, 'executeQuery'>,
  sessionHashes: readonly string[],
): Promise<Map<string, BrowserSession>> {
  const bytes = sessionHashes.map((hash) => Buffer.from(hash, 'hex'))
  const rows = await listSessions(db, bytes)
  // A check of the table says that exactly the keys have an id.
  return new Map(rows.map(({ sessionSha256, ...row }) => [sessionSha256, row as BrowserSession]))
}
