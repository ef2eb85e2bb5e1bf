import { timingSafeEqual } from 'node:crypto'
import { type CredentialProof, SCOPES } from '../domain/caller.ts'
import { ApiError } from '../http/api-error.ts'
import { serviceUnavailable } from '../http/to-api-error.ts'
import { KEY_PREFIXES } from './key-format.ts'
import type { Found, LookUps } from './look-ups.ts'

/** The name in the log for SEAM_MIRROR_API_KEY, which has no id of its own. */
export const BOOTSTRAP_KEY_ID = 'SEAM_MIRROR_API_KEY'

/** Without `secrets:read`: this key ends up in every dashboard's settings and must not read door codes. */
const BOOTSTRAP_SCOPES = SCOPES.filter((scope) => scope !== 'secrets:read')

/** What a key is looked up by. */
export interface SoughtKey {
  keyId: string
  keySha256: Buffer
  workspaceId: string | null
}

/** Finds a key or an access token. Without a workspace, a key means its only one. */
export async function findKeyCaller(
  { findKey, touchKey, isServed }: LookUps,
  { keyId, keySha256, workspaceId }: SoughtKey,
): Promise<Found<CredentialProof>> {
  const grant = await findKey(keyId)
  if (grant === null || !timingSafeEqual(grant.keySha256, keySha256) || !grant.isValid) return null
  if (workspaceId === null && keyId.startsWith(KEY_PREFIXES.access_token)) throw missingWorkspace()
  const id = workspaceId ?? grant.workspaceIds[0]
  if (id === undefined || !grant.workspaceIds.includes(id) || !isServed(id)) return 'elsewhere'
  if (grant.isUseDue) await touchKey(keyId)
  return {
    caller: { kind: 'key', keyId, workspaceId: id, scopes: grant.scopes },
    proof: { kind: 'key', keyId, rowVersion: grant.rowVersion },
  }
}

/** Whether a credential is SEAM_MIRROR_API_KEY. Digests all have the same length, so comparing them reveals nothing about the key's. */
export function isBootstrapKey({ bootstrapSha256 }: LookUps, credentialSha256: Buffer): boolean {
  return bootstrapSha256 !== null && timingSafeEqual(credentialSha256, bootstrapSha256)
}

/**
 * The caller of SEAM_MIRROR_API_KEY, which may name any workspace that is served here; without a name it means the only one. There is no
 * row that could prove it.
 */
export function bootstrapCaller(
  { workspaces, isServed }: LookUps,
  workspaceId: string | null,
): Found<CredentialProof> {
  const all = workspaces.all()
  if (workspaceId === null && all.length > 1) throw missingWorkspace()
  const id = workspaceId ?? all[0]?.id ?? null
  if (id !== null && isServed(id)) {
    const caller = {
      kind: 'key',
      keyId: BOOTSTRAP_KEY_ID,
      workspaceId: id,
      scopes: BOOTSTRAP_SCOPES,
    } as const
    return { caller, proof: null }
  }
  if (all.some((workspace) => workspace.id === null)) {
    throw serviceUnavailable('The workspace behind this server is not known yet')
  }
  return 'elsewhere'
}

function missingWorkspace(): ApiError {
  return new ApiError(
    400,
    'missing_workspace_id',
    'The header seam-workspace must say which workspace is meant',
  )
}
