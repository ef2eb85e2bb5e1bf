import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Caller, SCOPES } from '../domain/caller.ts'
import { ApiError } from '../http/api-error.ts'
import type { Authenticate } from '../http/authenticate.ts'
import { serviceUnavailable } from '../http/to-api-error.ts'
import { findApiKey, touchApiKey } from '../store/api-keys.ts'
import { findSessionByToken } from '../store/find-session-by-token.ts'
import type { Db } from '../store/open-database.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import { readKey, sha256 } from './key-format.ts'
import type { FailureBrake } from './slow-down-failures.ts'

export interface AuthenticateOptions {
  db: Db
  workspaces: Workspaces
  /** SEAM_MIRROR_API_KEY: full scope, every configured workspace. */
  bootstrapKey: string | null
  brake: FailureBrake
}

/** Longest credential looked at; anything longer is wrong. */
const MAX_TOKEN_LENGTH = 512

/**
 * Finds out who calls, as on Seam's pages (contract, 3): an API key for its one workspace, an access token together with the
 * `seam-workspace` header, or a client session token. Whatever is wrong gets the same 401, and is answered later and later.
 */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const { brake } = options
  const bootstrapSha256 = options.bootstrapKey === null ? null : sha256(options.bootstrapKey)
  return async (request) => {
    const address = request.socket.remoteAddress ?? 'unknown'
    const token = tokenOf(request)
    const caller =
      token === null ? null : await callerOf(options, bootstrapSha256, token, workspaceHeader(request))
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
  token: string,
  workspaceId: string | null,
): Promise<Caller | null> {
  const { db, workspaces } = options
  const tokenSha256 = sha256(token)
  // Digests have one length, so comparing them tells nothing about the key's.
  if (bootstrapSha256 !== null && timingSafeEqual(tokenSha256, bootstrapSha256)) {
    return bootstrapCaller(workspaces, workspaceId)
  }
  if (token.startsWith('seam_cst')) return clientSessionCaller(options, token, tokenSha256, workspaceId)

  const key = readKey(token)
  if (key === null) return null
  const grant = await findApiKey(db, key.keyId)
  if (grant === null || !timingSafeEqual(grant.keySha256, tokenSha256) || !grant.isValid) return null
  if (key.kind === 'access_token' && workspaceId === null) throw missingWorkspace()
  const id = workspaceId ?? grant.workspaceIds[0]
  if (id === undefined || !grant.workspaceIds.includes(id) || !isConfigured(workspaces, id)) return null
  if (grant.isUseDue) await touchApiKey(db, key.keyId)
  return { kind: 'key', workspaceId: id, scopes: grant.scopes }
}

/** The bootstrap key may name any configured workspace; without a name it means the only one. */
function bootstrapCaller(workspaces: Workspaces, workspaceId: string | null): Caller | null {
  const all = workspaces.all()
  if (workspaceId === null && all.length > 1) throw missingWorkspace()
  const id = workspaceId ?? all[0]?.id ?? null
  if (id !== null && isConfigured(workspaces, id)) return { kind: 'key', workspaceId: id, scopes: SCOPES }
  if (all.some((workspace) => workspace.id === null)) {
    throw serviceUnavailable('The workspace behind this server is not known yet')
  }
  return null
}

async function clientSessionCaller(
  { db, workspaces }: AuthenticateOptions,
  token: string,
  tokenSha256: Buffer,
  workspaceId: string | null,
): Promise<Caller | null> {
  const session = await findSessionByToken(db, tokenSha256)
  if (session === null || session.isExpired || !isConfigured(workspaces, session.workspaceId)) return null
  if (workspaceId !== null && workspaceId !== session.workspaceId) return null
  const { clientSessionId, connectedAccountIds, connectWebviewIds } = session
  return {
    kind: 'client_session',
    workspaceId: session.workspaceId,
    clientSessionId,
    token,
    connectedAccountIds,
    connectWebviewIds,
  }
}

/**
 * The credential: `Authorization: Bearer …` (the scheme in any case), or a client session token in one of the headers that
 * SDKs repeat it in (contract, 2.1 and 3).
 */
function tokenOf({ headers }: IncomingMessage): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const session = headers['client-session-token'] ?? headers['seam-client-session-token']
  const token = headers.authorization === undefined ? session : bearer
  return typeof token === 'string' && token.length <= MAX_TOKEN_LENGTH ? token : null
}

function workspaceHeader({ headers }: IncomingMessage): string | null {
  const header = headers['seam-workspace']
  return typeof header === 'string' && header !== '' ? header.toLowerCase() : null
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
