import { type Micros, parseInstant } from '../domain/instant.ts'
import type { Keyring } from '../secrets/keyring.ts'
import { isStorableId, MAX_ID_LENGTH, normalId } from '../store/normal-id.ts'
import type { ListedSession } from '../store/listed-session.ts'
import { hashToken, sealContext, sealTaken, takeOutToken } from './session-token.ts'

/** When a session ends that says it does, but not readably: it must not live for ever because of that (I10). */
const LONG_PAST: Micros = 0n

/**
 * One listed session, from its text; or what makes it unusable, as half a sentence that holds nothing of it. Only an id is
 * needed, and not another workspace's; the rest is read leniently, because samples differ from each other and from the API
 * description (contract 13).
 */
export function readSession(
  json: string,
  workspaceId: string,
  keyring: Keyring | null,
): ListedSession | string {
  const value = JSON.parse(json) as unknown
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not an object'
  const session = value as Record<string, unknown>
  const { client_session_id: id, workspace_id: owner, user_identifier_key: key } = session
  if (!isStorableId(id)) return `its client_session_id is not a text of 1 to ${MAX_ID_LENGTH} characters`
  if (owner !== undefined && (typeof owner !== 'string' || owner.toLowerCase() !== workspaceId)) {
    return 'its workspace_id is not that of this workspace'
  }
  const clientSessionId = normalId(id)
  const { json: body, token, taken } = takeOutToken(json)
  const isSealed = keyring !== null && taken.length > 0
  // Seam's own fake shows revoked sessions in this way (contract 13); the token of one opens nothing.
  const isRevoked = (session.revoked_at ?? null) !== null
  return {
    clientSessionId,
    // Postgres has no NUL; nobody can ask for a key that has one, but it is not the same as no key.
    userIdentifierKey: typeof key === 'string' ? key.replaceAll('\0', '\uFFFD') : null,
    userIdentityIds: idsIn([session.user_identity_id, session.user_identity_ids]),
    connectWebviewIds: idsIn([session.connect_webview_ids]),
    connectedAccountIds: idsIn([session.connected_account_ids]),
    createdAt: typeof session.created_at === 'string' ? parseInstant(session.created_at) : null,
    expiresAt: expiryOf(session.expires_at ?? null),
    body,
    tokenSha256: token === null || isRevoked ? null : hashToken(token),
    tokenSealed: isSealed ? sealTaken(keyring, taken, sealContext(workspaceId, clientSessionId)) : null,
  }
}

/** The ids in members that hold one or several, each once; what is no id is passed over. */
function idsIn(values: readonly unknown[]): string[] {
  return [...new Set(values.flat().filter(isStorableId).map(normalId))]
}

function expiryOf(value: unknown): Micros | null {
  if (value === null) return null
  return (typeof value === 'string' ? parseInstant(value) : null) ?? LONG_PAST
}
