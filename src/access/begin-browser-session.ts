import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Caller } from '../domain/caller.ts'
import { insertBrowserSession, type SessionTimes } from '../store/browser-sessions/insert-browser-session.ts'
import type { CredentialKind } from '../store/browser-sessions/list-browser-sessions.ts'
import type { Db } from '../store/database.ts'
import { credentialOf } from './credential.ts'
import { BOOTSTRAP_KEY_ID } from './find-key-caller.ts'
import { sha256 } from './key-format.ts'

/** As many as nobody can guess. */
const COOKIE_BYTES = 32

export interface BegunSession extends SessionTimes {
  /** The cookie's value, known to the browser alone: the store has its hash. */
  cookie: string
}

/**
 * Makes a session that stands for the credential in the request's header. Null when there is only a cookie: a session that could renew itself
 * would never end.
 */
export async function beginBrowserSession(
  db: Db,
  request: IncomingMessage,
  caller: Caller,
): Promise<BegunSession | null> {
  const credential = credentialOf(request)
  if (credential?.from !== 'header') return null
  const cookie = randomBytes(COOKIE_BYTES).toString('base64url')
  const times = await insertBrowserSession(db, {
    ...kindOf(caller),
    workspaceId: caller.workspaceId,
    credentialSha256: credential.tokenSha256,
    sessionSha256: sha256(cookie),
  })
  return { ...times, cookie }
}

function kindOf(caller: Caller): CredentialKind {
  if (caller.kind === 'client_session') return { kind: 'client_session', keyId: null }
  const { keyId } = caller
  return keyId === BOOTSTRAP_KEY_ID ? { kind: 'bootstrap_key', keyId: null } : { kind: 'key', keyId }
}
