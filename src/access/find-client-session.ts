import type { CredentialProof } from '../domain/caller.ts'
import type { Found, LookUps } from './look-ups.ts'

/** What a client session is looked up by. */
export interface SoughtSession {
  /** Null when only its hash is known. */
  token: string | null
  tokenSha256: Buffer
  workspaceId: string | null
}

/** Finds the client session that a token belongs to. */
export async function findClientSession(
  lookUps: LookUps,
  { token, tokenSha256, workspaceId }: SoughtSession,
): Promise<Found<CredentialProof>> {
  const session = await lookUps.findClientSession(tokenSha256.toString('hex'))
  if (session?.state !== 'live') return null
  if (workspaceId !== null && workspaceId !== session.workspaceId) return 'elsewhere'
  if (!lookUps.isServed(session.workspaceId)) return 'elsewhere'
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
