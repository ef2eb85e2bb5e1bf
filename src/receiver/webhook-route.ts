import { ApiError } from '../http/api-error.ts'
import type { ReadBody } from '../http/create-body-reader.ts'
import type { DirectRoute } from '../http/route.ts'
import { serviceUnavailable } from '../http/to-api-error.ts'
import type { IngestItem } from '../ingest/ingest-batch.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import type { Refusals } from './count-refusals.ts'
import { type GroupCommit, OverloadedError } from './group-commit.ts'
import { inTurns } from './in-turns.ts'
import { readSignature } from './read-signature.ts'
import {
  type Delivery,
  type Endpoint,
  endpointsFor,
  type Received,
  receiveDelivery,
} from './receive-delivery.ts'

/** Largest delivery accepted. Seam's events have about 1 KB; the largest carry arrays of ids and errors. */
export const MAX_DELIVERY_BYTES = 256 * 1024

export interface WebhookRouteOptions {
  endpoints: readonly Endpoint[]
  workspaces: Workspaces
  commit: GroupCommit<IngestItem>
  readBody: ReadBody
  /** Called for every refused delivery. */
  refused: Refusals['count']
  nowMs?: () => number
}

/** The two paths of webhooks: for all workspaces, and for one. */
export function webhookRoutes(options: WebhookRouteOptions): DirectRoute[] {
  const handle = createHandler(options)
  return [
    {
      kind: 'direct',
      path: '/webhooks/seam',
      methods: ['POST'],
      summary: `takes Seam's webhooks. It answers 2xx only once the event is committed; 400 for a bad signature; 413 above ${MAX_DELIVERY_BYTES / 1024} KiB; 503 with \`Retry-After\` when it cannot be stored now`,
      handle,
    },
    {
      kind: 'direct',
      path: '/webhooks/seam/:workspace_id',
      methods: ['POST'],
      summary: 'the same, for the webhooks of this workspace alone',
      handle,
    },
  ]
}

/**
 * Takes deliveries. The 2xx is sent only after the commit (I1). What cannot be used is
 * quarantined and also answered 2xx, because sending it again would not make it better (I11).
 */
function createHandler(options: WebhookRouteOptions): DirectRoute['handle'] {
  const { endpoints, workspaces, commit, readBody, refused, nowMs = () => Date.now() } = options
  const receiveOne = inTurns((delivery: Delivery) => receiveDelivery(endpoints, workspaces, delivery))

  async function receive(delivery: Delivery): Promise<Received> {
    const received = await receiveOne(delivery)
    if (received.kind !== 'workspace_claimed') return received
    await workspaces.learn(received.workspaceKey, received.workspaceId, 'webhook')
    return receiveOne(delivery)
  }

  return async (request, response, segment) => {
    const pathWorkspaceId = segment?.toLowerCase() ?? null
    if (endpointsFor(endpoints, workspaces, pathWorkspaceId).length === 0) {
      refused('no_endpoint')
      throw noEndpoint()
    }
    // Checked before the body, because senders without a secret could otherwise make us read 256 KiB on each of thousands of connections.
    const read = readSignature(request.headers, nowMs())
    if (read.kind !== 'signature') {
      if (read.kind === 'too_old' || read.kind === 'too_new') refused(read.kind, read.ageSeconds)
      else refused('no_signature')
      throw refusal({ kind: 'unverified' })
    }
    const { signature } = read
    const body = await readBody(request, MAX_DELIVERY_BYTES).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 413) refused('too_large')
      throw error
    })
    const received = await receive({ body, signature, pathWorkspaceId })
    if (received.kind === 'unverified') refused('wrong_signature')
    if (received.kind !== 'item') throw refusal(received)
    try {
      await commit.submit(received.item, body.length)
    } catch (error) {
      if (!(error instanceof OverloadedError)) throw error
      throw serviceUnavailable(error.message)
    }
    response.writeHead(204).end()
  }
}

function refusal({ kind }: Exclude<Received, { kind: 'item' }>): ApiError {
  switch (kind) {
    case 'no_endpoint':
      return noEndpoint()
    case 'unverified':
      return new ApiError(
        400,
        'invalid_signature',
        'The signature is missing, wrong, or older than five minutes',
      )
    case 'workspace_unknown':
    case 'workspace_claimed':
      return serviceUnavailable('The workspace behind this server is not known yet')
  }
}

function noEndpoint(): ApiError {
  return new ApiError(
    404,
    'webhook_endpoint_not_found',
    'No webhook is received here: no webhook secret is configured for this workspace (SEAM_WEBHOOK_SECRET)',
  )
}
