import { isUtf8 } from 'node:buffer'
import { parseEvent } from '../domain/event.ts'
import { isUuid } from '../domain/uuid.ts'
import type { IngestItem } from '../ingest/ingest-batch.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import type { Signature } from './read-signature.ts'
import type { VerifyDelivery } from './verify-delivery.ts'

/** A workspace that receives webhooks. */
export interface Endpoint {
  workspaceKey: string
  verify: VerifyDelivery
}

/** What Seam sent: the bytes as they came, and the signature from the headers. */
export interface Delivery {
  body: Buffer
  signature: Signature
  /** The id in `/webhooks/seam/:workspace_id`, in lower case; null without one. */
  pathWorkspaceId: string | null
}

export type Received =
  | { kind: 'item'; item: IngestItem }
  /** No configured secret signed it. */
  | { kind: 'unverified' }
  /** No webhook secret is configured (for the workspace in the path). */
  | { kind: 'no_endpoint' }
  /** Verified, but its workspace is not known yet. */
  | { kind: 'workspace_unknown' }
  /**
   * Verified, and its path or body is the first to name its workspace. With only one workspace that is believed, because
   * only the holder of its secret can have sent it. With several, a secret must not decide whose events it signs (I10): Seam or the
   * configuration has to name the workspace first, and the sender has to send the delivery again.
   */
  | { kind: 'workspace_claimed'; workspaceKey: string; workspaceId: string }

/** The workspaces that a path's webhooks may belong to. */
export function endpointsFor(
  endpoints: readonly Endpoint[],
  workspaces: Workspaces,
  pathWorkspaceId: string | null,
): readonly Endpoint[] {
  if (pathWorkspaceId === null) return endpoints
  // While an entry's workspace is unknown, the path may name it.
  if (!isUuid(pathWorkspaceId)) return []
  // An entry whose workspace is unknown may be any workspace except those of the other entries (I10).
  const isOwned = workspaces.all().some(({ id }) => id === pathWorkspaceId)
  return endpoints.filter(({ workspaceKey }) => {
    const { id } = workspaces.byKey(workspaceKey)
    return id === pathWorkspaceId || (id === null && !isOwned)
  })
}

/**
 * Turns a request's bytes into something that can be stored: verifies it, finds its workspace, parses it. It knows neither HTTP nor the
 * database, and never waits.
 */
export function receiveDelivery(
  endpoints: readonly Endpoint[],
  workspaces: Workspaces,
  { body, signature, pathWorkspaceId }: Delivery,
): Received {
  const candidates = endpointsFor(endpoints, workspaces, pathWorkspaceId)
  if (candidates.length === 0) return { kind: 'no_endpoint' }

  const endpoint = candidates.find(({ verify }) => verify(body, signature))
  if (endpoint === undefined) return { kind: 'unverified' }

  const text = body.toString('utf8')
  const { id: workspaceId } = workspaces.byKey(endpoint.workspaceKey)
  if (workspaceId === null) {
    const claimed = workspaces.all().length > 1 ? null : (pathWorkspaceId ?? workspaceIdIn(text))
    if (claimed === null) return { kind: 'workspace_unknown' }
    return { kind: 'workspace_claimed', workspaceKey: endpoint.workspaceKey, workspaceId: claimed }
  }
  // Decoding has replaced what was not UTF-8, so the original bytes go to quarantine.
  if (!isUtf8(body)) {
    const detail = 'The body is not UTF-8.'
    return { kind: 'item', item: { kind: 'unusable', workspaceId, reason: 'not_utf8', detail, body } }
  }
  return { kind: 'item', item: parseEvent(text, workspaceId) }
}

function workspaceIdIn(body: string): string | null {
  try {
    const id = (JSON.parse(body) as { workspace_id?: unknown } | null)?.workspace_id
    return isUuid(id) ? id.toLowerCase() : null
  } catch {
    return null
  }
}
