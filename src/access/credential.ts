import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
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
 * Where a credential may stand: `Authorization: Bearer …` (the scheme in any case), or one of the headers in which SDKs repeat a client
 * session token (contract, 2.1 and 3). Each place gives undefined when it is empty. The first that is not empty counts, even if what
 * stands there is wrong.
 */
const PLACES: readonly ((headers: IncomingHttpHeaders) => unknown)[] = [
  ({ authorization }) =>
    authorization === undefined ? undefined : (/^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? null),
  (headers) => headers['client-session-token'],
  (headers) => headers['seam-client-session-token'],
]

/** Reads the credential. Null when there is none, or when it cannot be valid. */
export function credentialOf({ headers }: IncomingMessage): Credential | null {
  let token: unknown
  for (const place of PLACES) {
    token = place(headers)
    if (token !== undefined) break
  }
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) return null
  const workspace = headers['seam-workspace']
  const workspaceId = typeof workspace === 'string' && workspace !== '' ? workspace.toLowerCase() : null
  return { token, tokenSha256: sha256(token), workspaceId }
}
