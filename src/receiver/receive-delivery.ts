import { isUtf8 } from 'node:buffer'
import { parseEvent } from '../domain/event.ts'
import { isUuid } from '../domain/uuid.ts'
import type { IngestItem } from '../ingest/ingest-batch.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import type { Signature } from './read-signature.ts'
import type { VerifyDelivery } from './verify-delivery.ts'

/** A workspace that webhooks are received for. */
export interface Endpoint {
  workspaceKey: string
  verify: VerifyDelivery
}

/** What Seam sent: its bytes as they came, and what its headers said of them. */
export interface Delivery {
  body: Buffer
  signature: Signature
  /** The id in `/webhooks/seam/:workspace_id`, in lower case; null where there is none. */
  pathWorkspaceId: string | null
}

export type Received =
  | { kind: 'item'; item: IngestItem }
  /** Nobody's secret signed it. */
  | { kind: 'unverified' }
  /** No webhook secret is configured (for the workspace in the path). */
  | { kind: 'no_endpoint' }
  /** Verified, but it can't be told yet which workspace it belongs to. */
  | { kind: 'workspace_unknown' }
  /**
   * Verified, and it says itself which workspace it belongs to, which nobody has said before. Where there is only one workspace
   * that is believed: nobody but the holder of its secret can have sent it. With several, a secret must not decide whose events it
   * signs (I10): then Seam or the configuration has to say it first, and the delivery is to come again.
   */
  | { kind: 'workspace_claimed'; workspaceKey: string; workspaceId: string }

/** Whose webhooks a path may be for. */
export function endpointsFor(
  endpoints: readonly Endpoint[],
  workspaces: Workspaces,
  pathWorkspaceId: string | null,
): readonly Endpoint[] {
  if (pathWorkspaceId === null) return endpoints
  // Where the workspace is not known yet, the path may say which it is.
  if (!isUuid(pathWorkspaceId)) return []
  // An entry whose workspace is not known yet may be any but those of the others (I10).
  const isOwned = workspaces.all().some(({ id }) => id === pathWorkspaceId)
  return endpoints.filter(({ workspaceKey }) => {
    const { id } = workspaces.byKey(workspaceKey)
    return id === pathWorkspaceId || (id === null && !isOwned)
  })
}

/**
 * From a request's bytes to something that can be stored: verify, find the workspace, parse. It knows neither HTTP nor the database, and
 * waits for nothing.
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
  // Decoding has replaced what was not UTF-8; the bytes as they came go to quarantine.
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
