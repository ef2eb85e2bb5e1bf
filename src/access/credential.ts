import type { IncomingMessage } from 'node:http'
import { sha256 } from './key-format.ts'

/** The credential that a request carries. */
export interface Credential {
  token: string
  tokenSha256: Buffer
  /** The header `seam-workspace`, in lower case; null when it is missing. */
  workspaceId: string | null
}

/** Longest credential that is looked up; a longer one is wrong. */
const MAX_TOKEN_LENGTH = 512

/**
 * Reads the credential: `Authorization: Bearer …` (the scheme in any case), or a client session token in one of the headers in which
 * SDKs repeat it (contract, 2.1 and 3). Null when there is none, or when it cannot be valid.
 */
export function credentialOf({ headers }: IncomingMessage): Credential | null {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const session = headers['client-session-token'] ?? headers['seam-client-session-token']
  const token = headers.authorization === undefined ? session : bearer
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) return null
  const workspace = headers['seam-workspace']
  const workspaceId = typeof workspace === 'string' && workspace !== '' ? workspace.toLowerCase() : null
  return { token, tokenSha256: sha256(token), workspaceId }
}
