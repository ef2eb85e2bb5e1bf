import { timingSafeEqual } from 'node:crypto'
import { type Caller, type ProvableCaller, SCOPES } from '../domain/caller.ts'
import { ApiError } from '../http/api-error.ts'
import type { Authenticate } from '../http/authenticate.ts'
import { serviceUnavailable } from '../http/to-api-error.ts'
import { findApiKey, touchApiKey } from '../store/api-keys.ts'
import { findSessionByToken } from '../store/find-session-by-token.ts'
import type { Db } from '../store/open-database.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import { type Credential, credentialOf } from './credential.ts'
import { readKey, sha256 } from './key-format.ts'
import type { RecentCallers } from './recent-callers.ts'
import type { FailureBrake } from './slow-down-failures.ts'

/** What the log calls the key of the first steps, which has no id of its own. */
const BOOTSTRAP_KEY_ID = 'SEAM_MIRROR_API_KEY'

/** What ends up in every dashboard's settings must not read door codes. */
const BOOTSTRAP_SCOPES = SCOPES.filter((scope) => scope !== 'secrets:read')

export interface AuthenticateOptions {
  db: Db
  workspaces: Workspaces
  /** SEAM_MIRROR_API_KEY: every configured workspace. */
  bootstrapKey: string | null
  brake: FailureBrake
  recent: RecentCallers
}

/**
 * Finds out who calls, as on Seam's pages (contract, 3): an API key for its one workspace, an access token together with the
 * `seam-workspace` header, or a client session token. Whatever is wrong gets the same 401, and is answered later and later.
 */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const { brake } = options
  const bootstrapSha256 = options.bootstrapKey === null ? null : sha256(options.bootstrapKey)
  return async (request) => {
    const address = request.socket.remoteAddress ?? 'unknown'
    const credential = credentialOf(request)
    const caller = credential === null ? null : await callerOf(options, bootstrapSha256, credential)
    if (caller !== null) {
      brake.forget(address)
      return caller
    }
    if (await brake.wait(address)) return null
    throw new ApiError(429, 'too_many_requests', 'Too many failed attempts', {
      headers: { 'retry-after': '3' },
    })
  }
}

async function callerOf(
  options: AuthenticateOptions,
  bootstrapSha256: Buffer | null,
  credential: Credential,
): Promise<Caller | null> {
  const { token, tokenSha256, workspaceId } = credential
  // Digests have one length, so comparing them tells nothing about the key's.
  if (bootstrapSha256 !== null && timingSafeEqual(tokenSha256, bootstrapSha256)) {
    return bootstrapCaller(options.workspaces, workspaceId)
  }
  const find = token.startsWith('seam_cst') ? findClientSession : findKey
  const found = await find(options, credential)
  if (found === null) options.recent.forget(credential)
  else options.recent.add(credential, found)
  return found?.caller ?? null
}

async function findKey(
  { db, workspaces }: AuthenticateOptions,
  { token, tokenSha256, workspaceId }: Credential,
): Promise<ProvableCaller | null> {
  const key = readKey(token)
  if (key === null) return null
  const grant = await findApiKey(db, key.keyId)
  if (grant === null || !timingSafeEqual(grant.keySha256, tokenSha256) || !grant.isValid) return null
  if (key.kind === 'access_token' && workspaceId === null) throw missingWorkspace()
  const id = workspaceId ?? grant.workspaceIds[0]
  if (id === undefined || !grant.workspaceIds.includes(id) || !isConfigured(workspaces, id)) return null
  if (grant.isUseDue) await touchApiKey(db, key.keyId)
  return {
    caller: { kind: 'key', keyId: key.keyId, workspaceId: id, scopes: grant.scopes },
    proof: { kind: 'key', keyId: key.keyId, rowVersion: grant.rowVersion },
  }
}

/** The bootstrap key may name any configured workspace; without a name it means the only one. */
function bootstrapCaller(workspaces: Workspaces, workspaceId: string | null): Caller | null {
  const all = workspaces.all()
  if (workspaceId === null && all.length > 1) throw missingWorkspace()
  const id = workspaceId ?? all[0]?.id ?? null
  if (id !== null && isConfigured(workspaces, id)) {
    return { kind: 'key', keyId: BOOTSTRAP_KEY_ID, workspaceId: id, scopes: BOOTSTRAP_SCOPES }
  }
  if (all.some((workspace) => workspace.id === null)) {
    throw serviceUnavailable('The workspace behind this server is not known yet')
  }
  return null
}

async function findClientSession(
  { db, workspaces }: AuthenticateOptions,
  { token, tokenSha256, workspaceId }: Credential,
): Promise<ProvableCaller | null> {
  const session = await findSessionByToken(db, tokenSha256)
  if (session === null || session.isExpired || !isConfigured(workspaces, session.workspaceId)) return null
  if (workspaceId !== null && workspaceId !== session.workspaceId) return null
  const { clientSessionId, connectedAccountIds, connectWebviewIds, rowVersion } = session
  return {
    caller: {
      kind: 'client_session',
      workspaceId: session.workspaceId,
      clientSessionId,
      token,
      connectedAccountIds,
      connectWebviewIds,
    },
    proof: { kind: 'client_session', tokenSha256, rowVersion },
  }
}

function isConfigured(workspaces: Workspaces, id: string): boolean {
  return workspaces.all().some((workspace) => workspace.id === id)
}

function missingWorkspace(): ApiError {
  return new ApiError(
    400,
    'missing_workspace_id',
    'The header seam-workspace must say which workspace is meant',
  )
}
