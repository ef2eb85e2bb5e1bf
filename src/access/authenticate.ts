import { timingSafeEqual } from 'node:crypto'
import { type Caller, type ProvableCaller, SCOPES } from '../domain/caller.ts'
import { ApiError } from '../http/api-error.ts'
import type { AddressOf } from '../http/address-of.ts'
import type { Authenticate } from '../http/authenticate.ts'
import { serviceUnavailable } from '../http/to-api-error.ts'
import { type ApiKeyGrant, listApiKeyGrants } from '../store/keys/list-api-key-grants.ts'
import { saveApiKeyUses } from '../store/keys/save-api-key-uses.ts'
import { listSessionsByToken, type TokenSession } from '../store/sessions/list-sessions-by-token.ts'
import type { Db } from '../store/database.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import { addressBlock } from './address-block.ts'
import { type Credential, credentialOf } from './credential.ts'
import { readKey, sha256 } from './key-format.ts'
import { type LookUp, lookUpTogether } from './look-up-together.ts'
import type { RecentCallers } from './recent-callers.ts'
import { type FailureBrake, MAX_DELAY_MS } from './slow-down-failures.ts'

/** The name in the log for SEAM_MIRROR_API_KEY, which has no id of its own. */
const BOOTSTRAP_KEY_ID = 'SEAM_MIRROR_API_KEY'

/** Without `secrets:read`: this key ends up in every dashboard's settings and must not read door codes. */
const BOOTSTRAP_SCOPES = SCOPES.filter((scope) => scope !== 'secrets:read')

export interface AuthenticateOptions {
  /** Connections of its own, so that guesses don't keep queries waiting. */
  db: Db
  workspaces: Workspaces
  /** SEAM_MIRROR_API_KEY: valid for every configured workspace. */
  bootstrapKey: string | null
  brake: FailureBrake
  recent: RecentCallers
  addressOf: AddressOf
}

/** The options, and the look-ups made from them. */
interface Access extends AuthenticateOptions {
  bootstrapSha256: Buffer | null
  findKey: LookUp<ApiKeyGrant>
  findSession: LookUp<TokenSession>
  touchKey: LookUp<never>
}

/**
 * Finds out who calls, as Seam documents it (contract, 3): an API key for its one workspace, an access token together with the
 * `seam-workspace` header, or a client session token. Every credential that fails gets the same 401, and repeated failures are
 * answered later and later.
 */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const { db, brake, addressOf, bootstrapKey } = options
  const access: Access = {
    ...options,
    bootstrapSha256: bootstrapKey === null ? null : sha256(bootstrapKey),
    findKey: lookUpTogether((keyIds) => listApiKeyGrants(db, keyIds)),
    findSession: lookUpTogether((hashes) => listSessionsByToken(db, hashes)),
    touchKey: lookUpTogether((keyIds) => saveApiKeyUses(db, keyIds)),
  }
  return async (request) => {
    const address = addressBlock(addressOf(request))
    const credential = credentialOf(request)
    const attempt = {
      address,
      family: credential === null ? 'none' : kindOf(credential).family,
      name: nameOf(credential),
    }
    const caller = credential === null ? null : await callerOf(access, credential)
    if (caller !== null) {
      brake.forgive(attempt)
      return caller
    }
    if (await brake.fail(attempt)) return null
    throw new ApiError(429, 'too_many_requests', 'Too many failed attempts', {
      headers: { 'retry-after': String(MAX_DELAY_MS / 1000) },
    })
  }
}

/** A kind of credential. */
interface CredentialKind {
  /** How it begins, as Seam's own do (contract, 3). */
  prefix: string
  /** Failures with one family do not slow down callers with another. */
  family: string
  find: (access: Access, credential: Credential) => Promise<Found>
}

const ANY_KEY: CredentialKind = { prefix: '', family: 'key', find: findKeyCaller }

/** The first whose prefix fits is the credential's kind. Another kind is one more entry. */
const KINDS: readonly CredentialKind[] = [
  { prefix: 'seam_cst', family: 'seam_cst', find: findClientSession },
  { prefix: 'seam_at', family: 'seam_at', find: findKeyCaller },
]

function kindOf({ token }: Credential): CredentialKind {
  return KINDS.find(({ prefix }) => token.startsWith(prefix)) ?? ANY_KEY
}

/** Returns the id in a key, which guesses of its secret share; for other credentials the hash, so that no token stays in memory. */
function nameOf(credential: Credential | null): string | null {
  if (credential === null) return null
  return readKey(credential.token)?.keyId ?? credential.tokenSha256.toString('base64')
}

async function callerOf(access: Access, credential: Credential): Promise<Caller | null> {
  const { tokenSha256, workspaceId } = credential
  const { bootstrapSha256, recent, workspaces } = access
  // Digests all have the same length, so comparing them reveals nothing about the key's.
  if (bootstrapSha256 !== null && timingSafeEqual(tokenSha256, bootstrapSha256)) {
    return bootstrapCaller(workspaces, workspaceId)
  }
  const found = await kindOf(credential).find(access, credential)
  if (found === null || found === ELSEWHERE) recent.forget(credential)
  else recent.add(credential, found)
  // This is no failed attempt: a caller with a valid key is not guessing, and learns only what the key is not for.
  if (found === ELSEWHERE) throw elsewhere()
  return found?.caller ?? null
}

/** The credential is valid, but not for the workspace that was asked for. */
const ELSEWHERE = 'elsewhere'
type Found = ProvableCaller | typeof ELSEWHERE | null

async function findKeyCaller(
  { findKey, touchKey, workspaces }: Access,
  { token, tokenSha256, workspaceId }: Credential,
): Promise<Found> {
  const key = readKey(token)
  if (key === null) return null
  const grant = await findKey(key.keyId)
  if (grant === null || !timingSafeEqual(grant.keySha256, tokenSha256) || !grant.isValid) return null
  if (key.kind === 'access_token' && workspaceId === null) throw missingWorkspace()
  const id = workspaceId ?? grant.workspaceIds[0]
  if (id === undefined || !grant.workspaceIds.includes(id) || !isConfigured(workspaces, id)) return ELSEWHERE
  if (grant.isUseDue) await touchKey(key.keyId)
  return {
    caller: { kind: 'key', keyId: key.keyId, workspaceId: id, scopes: grant.scopes },
    proof: { kind: 'key', keyId: key.keyId, rowVersion: grant.rowVersion },
  }
}

/** The bootstrap key may name any configured workspace; without a name it means the only one. */
function bootstrapCaller(workspaces: Workspaces, workspaceId: string | null): Caller {
  const all = workspaces.all()
  if (workspaceId === null && all.length > 1) throw missingWorkspace()
  const id = workspaceId ?? all[0]?.id ?? null
  if (id !== null && isConfigured(workspaces, id)) {
    return { kind: 'key', keyId: BOOTSTRAP_KEY_ID, workspaceId: id, scopes: BOOTSTRAP_SCOPES }
  }
  if (all.some((workspace) => workspace.id === null)) {
    throw serviceUnavailable('The workspace behind this server is not known yet')
  }
  throw elsewhere()
}

async function findClientSession(
  { findSession, workspaces }: Access,
  { token, tokenSha256, workspaceId }: Credential,
): Promise<Found> {
  const session = await findSession(tokenSha256.toString('hex'))
  if (session?.state !== 'live') return null
  if (workspaceId !== null && workspaceId !== session.workspaceId) return ELSEWHERE
  if (!isConfigured(workspaces, session.workspaceId)) return ELSEWHERE
  const { clientSessionId, connectedAccountIds, userIdentityIds, connectWebviewIds, rowVersion } = session
  return {
    caller: {
      kind: 'client_session',
      workspaceId: session.workspaceId,
      clientSessionId,
      token,
      connectedAccountIds,
      userIdentityIds,
      connectWebviewIds,
    },
    proof: { kind: 'client_session', tokenSha256, rowVersion },
  }
}

function isConfigured(workspaces: Workspaces, id: string): boolean {
  return workspaces.all().some((workspace) => workspace.id === id)
}

function elsewhere(): ApiError {
  return new ApiError(
    401,
    'unauthorized',
    'This credential is valid, but not for the requested workspace, or that workspace is not served here',
  )
}

function missingWorkspace(): ApiError {
  return new ApiError(
    400,
    'missing_workspace_id',
    'The header seam-workspace must say which workspace is meant',
  )
}
