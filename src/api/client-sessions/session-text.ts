import { type Caller, hasScope } from '../../domain/caller.ts'
import type { Secrets } from '../../secrets/secrets.ts'
import type { StoredSession } from '../../store/sessions/list-client-sessions.ts'
import { putBackSealed, putInToken, sealContext } from '../../secrets/session-token.ts'

/**
 * Returns a session's text as this caller may see it (I9). A key with `secrets:read` sees the token if it was kept and a key
 * decrypts it; so does the session itself, unless it asks with a browser's cookie. Everybody else sees the mask.
 */
export function sessionText(session: StoredSession, caller: Caller, secrets: Secrets): string {
  const { clientSessionId, body, tokenSealed: sealed } = session
  if (caller.kind === 'client_session') {
    const isItself = caller.clientSessionId === clientSessionId
    return isItself && caller.token !== null ? putInToken(body, caller.token) : body
  }
  if (sealed === null || !hasScope(caller, 'secrets:read')) return body
  return putBackSealed(secrets, { body, sealed }, sealContext(caller.workspaceId, clientSessionId)) ?? body
}
