import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { parseEvent } from '../domain/event.ts'
import { isUuid } from '../domain/uuid.ts'
import type { IngestItem } from '../ingest/ingest-batch.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import type { VerifyDelivery } from './verify-delivery.ts'

/** A workspace that webhooks are received for. */
export interface Endpoint {
  workspaceKey: string
  verify: VerifyDelivery
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
 * From a request's bytes to something that can be stored: verify, find the workspace, parse. It knows neither Express nor the
 * database. `pathWorkspaceId` is the id in `/webhooks/seam/:workspace_id`, when there is one.
 */
export async function receiveDelivery(
  endpoints: readonly Endpoint[],
  workspaces: Workspaces,
  request: { body: Buffer; headers: IncomingHttpHeaders; pathWorkspaceId: string | null },
): Promise<Received> {
  const { headers, pathWorkspaceId } = request
  // An entry whose workspace is not known yet may be any but those of the others (I10).
  const isOwned = pathWorkspaceId !== null && workspaces.all().some(({ id }) => id === pathWorkspaceId)
  const candidates = endpoints.filter(({ workspaceKey }) => {
    const { id } = workspaces.byKey(workspaceKey)
    return pathWorkspaceId === null || id === pathWorkspaceId || (id === null && !isOwned)
  })
  if (candidates.length === 0) return { kind: 'no_endpoint' }

  const endpoint = candidates.find(({ verify }) => verify(request.body, headers))
  if (endpoint === undefined) return { kind: 'unverified' }

  const body = request.body.toString('utf8')
  const workspaceId = await workspaceOf(endpoint, workspaces, pathWorkspaceId, body)
  if (workspaceId === null) return { kind: 'workspace_unknown' }
  // Decoding has replaced what was not UTF-8; the bytes as they came go to quarantine.
  if (!isUtf8(request.body)) {
    const detail = 'The body is not UTF-8.'
    return {
      kind: 'item',
      item: { kind: 'unusable', workspaceId, reason: 'not_utf8', detail, body: request.body },
    }
  }
  return { kind: 'item', item: parseEvent(body, workspaceId) }
}

/**
 * The id of the endpoint's workspace. Until Seam has told it, the first delivery does, where there is only one workspace: nobody
 * but the holder of its secret can have sent it. With several, a secret must not decide whose events it signs (I10): then Seam
 * or the configuration has to say it first, and the delivery is to come again.
 */
async function workspaceOf(
  { workspaceKey }: Endpoint,
  workspaces: Workspaces,
  pathWorkspaceId: string | null,
  body: string,
): Promise<string | null> {
  const { id } = workspaces.byKey(workspaceKey)
  if (id !== null || workspaces.all().length > 1) return id
  const claimed = pathWorkspaceId ?? workspaceIdIn(body)
  return claimed === null ? null : workspaces.learn(workspaceKey, claimed, 'webhook')
}

function workspaceIdIn(body: string): string | null {
  try {
    const id = (JSON.parse(body) as { workspace_id?: unknown } | null)?.workspace_id
    return isUuid(id) ? id.toLowerCase() : null
  } catch {
    return null
  }
}
