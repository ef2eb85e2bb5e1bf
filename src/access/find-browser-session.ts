import type { CredentialProof } from '../domain/caller.ts'
import type { BrowserSession } from '../store/browser-sessions/list-browser-sessions.ts'
import type { Credential } from './credential.ts'
import { findClientSession } from './find-client-session.ts'
import { bootstrapCaller, findKeyCaller, isBootstrapKey } from './find-key-caller.ts'
import type { Found, LookUps } from './look-ups.ts'

/**
 * Finds the caller behind a browser's cookie: whoever its credential belongs to now, in the workspace that the session was made for. The
 * session holds no rights itself, so it ends with its credential and loses what the credential loses.
 */
export async function findBrowserSession(
  lookUps: LookUps,
  { tokenSha256, workspaceId }: Credential,
): Promise<Found> {
  const session = await lookUps.findBrowserSession(tokenSha256.toString('hex'))
  if (session === null) return null
  const found = await findCallerBehind(lookUps, session)
  if (found === null || found === 'elsewhere') return found
  if (workspaceId !== null && workspaceId !== session.workspaceId) return 'elsewhere'
  const { caller, proof } = found
  return { caller, proof: { kind: 'browser_session', sessionSha256: tokenSha256, credential: proof } }
}

async function findCallerBehind(
  lookUps: LookUps,
  { kind, keyId, credentialSha256, workspaceId }: BrowserSession,
): Promise<Found<CredentialProof>> {
  switch (kind) {
    case 'key':
      return findKeyCaller(lookUps, { keyId, keySha256: credentialSha256, workspaceId })
    case 'bootstrap_key':
      return isBootstrapKey(lookUps, credentialSha256) ? bootstrapCaller(lookUps, workspaceId) : null
    case 'client_session':
      return findClientSession(lookUps, { token: null, tokenSha256: credentialSha256, workspaceId })
  }
}
