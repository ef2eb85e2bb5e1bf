import { type Caller, hasScope } from '../../domain/caller.ts'
import type { Keyring } from '../../secrets/keyring.ts'
import type { StoredSession } from '../../store/sessions/list-client-sessions.ts'
import { putBackSealed, putInToken, sealContext } from '../../secrets/session-token.ts'

/**
 * Returns a session's text as this caller may see it (I9). A key with `secrets:read` sees the token if it was kept and the keyring
 * decrypts it; so does the session itself. Everybody else sees the mask.
 */
export function sessionText(session: StoredSession, caller: Caller, keyring: Keyring | null): string {
  const { clientSessionId, body, tokenSealed: sealed } = session
  if (caller.kind === 'client_session') {
    return caller.clientSessionId === clientSessionId ? putInToken(body, caller.token) : body
  }
  if (keyring === null || sealed === null || !hasScope(caller, 'secrets:read')) return body
  return putBackSealed(keyring, { body, sealed }, sealContext(caller.workspaceId, clientSessionId)) ?? body
}
