import type { IncomingMessage } from 'node:http'
import { readSessionCookie } from '../http/browser-cookie.ts'
import { requireSameOrigin } from '../http/browser-origin.ts'
import { sha256 } from './key-format.ts'

/** The credential that a request carries. */
export interface Credential {
  token: string
  tokenSha256: Buffer
  /** Where the token stood. A cookie is valid only as a browser session's, and a browser session's token only in a cookie. */
  from: 'header' | 'cookie'
  /** The header `seam-workspace`, in lower case; null when it is missing. */
  workspaceId: string | null
}

/** Longest credential that is looked up; a longer one is wrong. */
const MAX_TOKEN_LENGTH = 512

interface Place {
  from: Credential['from']
  /** Undefined when nothing stands there; null when what stands there can't be a credential. */
  read: (request: IncomingMessage) => unknown
}

/**
 * Where a credential may stand: `Authorization: Bearer …` (the scheme in any case), one of the headers in which SDKs repeat a client
 * session token (contract, 2.1 and 3), or the cookie of a browser session. The first that is not empty counts, even if what stands there is
 * wrong. `Authorization` with another scheme counts as empty: a proxy's own password is none of ours.
 */
const PLACES: readonly Place[] = [
  {
    from: 'header',
    read: ({ headers: { authorization } }) =>
      authorization === undefined ? undefined : bearerToken(authorization),
  },
  { from: 'header', read: ({ headers }) => headers['client-session-token'] },
  { from: 'header', read: ({ headers }) => headers['seam-client-session-token'] },
  { from: 'cookie', read: readSessionCookie },
]

/**
 * Reads the credential. Null when there is none, or when it cannot be valid. Throws 403 for a request that a page of another origin made
 * and whose cookie its browser has added, if the request may change something.
 */
export function credentialOf(request: IncomingMessage): Credential | null {
  const found = findToken(request)
  if (found === null) return null
  const { token, from } = found
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) return null
  if (from === 'cookie') requireSameOrigin(request)
  const workspace = request.headers['seam-workspace']
  const workspaceId = typeof workspace === 'string' && workspace !== '' ? workspace.toLowerCase() : null
  return { token, tokenSha256: sha256(token), from, workspaceId }
}

function findToken(request: IncomingMessage): { token: unknown; from: Credential['from'] } | null {
  for (const { from, read } of PLACES) {
    const token = read(request)
    if (token !== undefined) return { token, from }
  }
  return null
}

function bearerToken(authorization: string): string | null | undefined {
  if (!/^bearer\b/i.test(authorization)) return undefined
  return /^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? null
}
