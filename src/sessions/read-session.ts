import { type UnusableSession, checkSession, unusableSession } from '../domain/client-session.ts'
import { type Micros, parseInstant } from '../domain/instant.ts'
import { isStorableId, normalId } from '../domain/normal-id.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { ListedSession } from '../store/sessions/listed-session.ts'
import { hashToken, holdsToken, sealContext, sealTaken, takeOutToken } from '../secrets/session-token.ts'

/** The expiry of a session whose expiry cannot be read: it must not be valid for ever (I10). */
const LONG_PAST: Micros = 0n

export interface ReadSession {
  kind: 'session'
  session: ListedSession
}

/**
 * Reads one listed session from its text, which must be JSON, or says what makes it unusable. The columns are filled from the text
 * without its token, so that nothing that repeats the token reaches them (I9).
 */
export function readSession(
  json: string,
  digest: Buffer,
  workspaceId: string,
  secrets: Secrets,
): ReadSession | UnusableSession {
  const checked = checkSession(JSON.parse(json), workspaceId)
  if (checked.kind === 'unusable') return checked
  const { clientSessionId } = checked
  const { json: body, token, taken } = takeOutToken(json)
  const shown = JSON.parse(body) as Record<string, unknown>
  const isIdShown =
    isStorableId(shown.client_session_id) && normalId(shown.client_session_id) === clientSessionId
  if (!isIdShown || holdsToken(body, token))
    return unusableSession('session_token_elsewhere', isIdShown ? clientSessionId : null)
  const { user_identifier_key: key } = shown
  // Seam's own fake shows revoked sessions like this (contract 13). The token of a revoked session opens nothing.
  const isRevoked = (shown.revoked_at ?? null) !== null
  const session: ListedSession = {
    clientSessionId,
    // Postgres cannot store NUL, so it is replaced: nobody can ask for such a key, but it differs from having no key.
    userIdentifierKey: typeof key === 'string' ? key.replaceAll('\0', '\uFFFD') : null,
    userIdentityIds: idsIn([shown.user_identity_id, shown.user_identity_ids]),
    connectWebviewIds: idsIn([shown.connect_webview_ids]),
    connectedAccountIds: idsIn([shown.connected_account_ids]),
    createdAt: typeof shown.created_at === 'string' ? parseInstant(shown.created_at) : null,
    expiresAt: expiryOf(shown.expires_at ?? null),
    body,
    tokenSha256: token === null || isRevoked ? null : hashToken(token),
    tokenSealed:
      taken.length > 0 ? sealTaken(secrets, taken, sealContext(workspaceId, clientSessionId)) : null,
    digest,
  }
  return { kind: 'session', session }
}

/** Collects the ids from members that hold one or several, each once; anything that is not an id is skipped. */
function idsIn(values: readonly unknown[]): string[] {
  return [...new Set(values.flat().filter(isStorableId).map(normalId))]
}

function expiryOf(value: unknown): Micros | null {
  if (value === null) return null
  return (typeof value === 'string' ? parseInstant(value) : null) ?? LONG_PAST
}
