import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import { ApiError } from './api-error.ts'
import { serviceUnavailable } from './to-api-error.ts'

/** Who calls, and what it may see. */
export interface Caller {
  workspaceId: string
}

/**
 * Finds out who calls; null for a credential that is missing, malformed or wrong (the caller is never told which). Throws an
 * ApiError when that can't be found out now.
 */
export type Authenticate = (request: IncomingMessage) => Caller | null | Promise<Caller | null>

export interface BootstrapKeyOptions {
  /** The one key that is accepted; without one, every request is refused. */
  key: string | undefined
  /**
   * The workspace a caller means by its `seam-workspace` header, or by not sending one. Null for a workspace that is not
   * ours, and, without a header, while no workspace is known yet.
   */
  resolveWorkspace: (headerWorkspaceId: string | undefined) => string | null
  logger: Logger
}

/** Authenticates with a single key from the configuration, which has full access to the configured workspace. */
export function authenticateWithBootstrapKey(options: BootstrapKeyOptions): Authenticate {
  if (options.key === undefined) {
    options.logger.warn(
      'No API key is configured (SEAM_MIRROR_API_KEY): the read API answers 401 to everyone.',
    )
    return () => null
  }
  const expected = sha256(options.key)
  return (request) => {
    const token = bearerToken(request)
    // Digests have one length, so comparing them tells nothing about the key's.
    if (token === null || !timingSafeEqual(sha256(token), expected)) return null
    return workspaceCaller(request, options.resolveWorkspace)
  }
}

/** The caller, or 401 in the words that every failed authentication gets. */
export async function requireCaller(authenticate: Authenticate, request: IncomingMessage): Promise<Caller> {
  const caller = await authenticate(request)
  if (caller === null) throw new ApiError(401, 'unauthorized', 'Unauthorized')
  return caller
}

function workspaceCaller(
  request: IncomingMessage,
  resolveWorkspace: BootstrapKeyOptions['resolveWorkspace'],
): Caller | null {
  const header = request.headers['seam-workspace']
  const workspaceId = resolveWorkspace(typeof header === 'string' ? header : undefined)
  if (workspaceId !== null) return { workspaceId }
  if (header !== undefined && resolveWorkspace(undefined) !== null) return null
  throw serviceUnavailable('The workspace behind this server is not known yet')
}

/** The scheme in any case: SDKs send `Bearer`, other clients don't (contract, 3). */
function bearerToken(request: IncomingMessage): string | null {
  return /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? null
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
